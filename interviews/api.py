"""The candidate's API: answers in, replies out."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.services import quota
from core import audit, ratelimit
from core.errors import Problem
from interviews.models import Interview, Turn
from interviews.models.turns import LONGEST_ANSWER
from interviews.serializers import AnswerSerializer, TicketSerializer, TurnSerializer
from interviews.services import links, opening, standing, turns
from live import channels, route, tickets

SCHEME = "Interview"


class CandidateHolder:
    """Whoever holds a candidate's cookie or an interview's token."""

    is_authenticated = True

    def __init__(self, *, cookie: str | None = None, token: str | None = None) -> None:
        self.cookie, self.token = cookie, token

    def interview(self, interview_id: UUID, *, acts: bool = False) -> Interview:
        """The interview; a holder who `acts` makes older links void.

        :raises NotFound: unless this holder may see the interview.
        """
        try:
            if self.token is not None:
                found = links.invitation_of_token(token=self.token, interview_id=interview_id)
            else:
                found = links.invitation_of_cookie(cookie=self.cookie, interview_id=interview_id)
        except links.LinkNotValid as error:
            raise exceptions.NotFound from error
        if acts:
            links.use(found)
        audit.actor.set(audit.Actor("candidate", found.interview.subject_id))
        return found.interview


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


class CandidateAuthentication(BaseAuthentication):
    """`Authorization: Interview <token>`, or the candidate's cookie with a CSRF token."""

    def authenticate(self, request: Request) -> tuple[CandidateHolder, None] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == SCHEME and token:
            return CandidateHolder(token=token.strip()), None
        cookie = request.COOKIES.get(settings.CANDIDATE_COOKIE_NAME)
        if not cookie:
            return None
        self._check_csrf(request._request)
        return CandidateHolder(cookie=cookie), None

    def authenticate_header(self, request: Request) -> str:
        return SCHEME

    def _check_csrf(self, request: HttpRequest) -> None:
        check = _CsrfCheck(lambda _: None)  # type: ignore[arg-type]
        check.process_request(request)
        reason = check.process_view(request, None, (), {})  # type: ignore[arg-type]
        if reason:
            raise Problem(403, "csrf", "Send the CSRF token of the page in the X-CSRFToken header.")


class CandidateAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = CandidateAuthentication
    name = "Interview"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Interview <token>`"}


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", OpenApiTypes.UUID, OpenApiParameter.HEADER, required=True, description="A UUID for this answer."
)


class BoundedJSON(JSONParser):
    """JSON whose nesting can't exhaust the stack."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise exceptions.ParseError from error


class InterviewTurns(APIView):
    authentication_classes = [CandidateAuthentication]
    parser_classes = [BoundedJSON]

    @extend_schema(request=AnswerSerializer, responses={202: TurnSerializer}, parameters=[IDEMPOTENCY_KEY])
    def post(self, request: Request, interview_id: UUID) -> Response:
        """Store an answer and owe it a reply. The same key with the same text answers the same turn again."""
        interview = _holder(request).interview(interview_id, acts=True)
        ratelimit.hit("answer", str(interview.pk), "60/minute")
        key = _idempotency_key(request)
        body = AnswerSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        turn = _submit(interview, body.validated_data, key)
        return Response(TurnSerializer(turn).data, status=202)


class TurnDetail(APIView):
    authentication_classes = [CandidateAuthentication]

    @extend_schema(responses=TurnSerializer)
    def get(self, request: Request, turn_id: UUID) -> Response:
        """A turn's status; poll it until `replied` or `failed`."""
        turn = Turn.objects.filter(pk=turn_id).first()
        if turn is None:
            raise exceptions.NotFound
        turn.interview = _holder(request).interview(turn.interview_id)
        return Response(TurnSerializer(turn).data)


class EventTicket(APIView):
    authentication_classes = [CandidateAuthentication]

    @extend_schema(responses=TicketSerializer)
    def get(self, request: Request, interview_id: UUID) -> Response:
        """A ticket to the interview's event stream. Send it as `Authorization: Ticket <ticket>` to its `url`."""
        interview = _holder(request).interview(interview_id)
        ratelimit.hit("ticket", str(interview.pk), "60/minute")
        if interview.status in standing.OVER:
            raise Problem(410, "interview_over", "The interview was withdrawn or erased: there is nothing to hear.")
        ticket = tickets.issue(channels.of(interview.pk, interview.subject_id))
        return Response({"ticket": ticket, "url": route.PATH, "expires_in": tickets.SECONDS})


def _holder(request: Request) -> CandidateHolder:
    """Who calls; IsAuthenticated has refused everybody else."""
    assert isinstance(request.user, CandidateHolder)
    return request.user


def _idempotency_key(request: Request) -> UUID:
    try:
        return UUID(request.headers.get("Idempotency-Key", ""))
    except ValueError as error:
        raise Problem(400, "idempotency_key_required", "Send a UUID in the Idempotency-Key header.") from error


def _submit(interview: Interview, data: dict[str, Any], key: UUID) -> Turn:
    try:
        return turns.submit_answer(
            interview=interview, answer=data["answer"], idempotency_key=key, turn_id=data.get("turn_id")
        )
    except turns.NoSuchTurn as error:
        raise exceptions.NotFound from error
    except quota.QuotaExhausted as error:
        opening.tell_quota_exhausted(interview)
        raise Problem(
            409, "quota_exhausted", "The company's plan has no interview left; nothing was stored."
        ) from error
    except turns.EmptyAnswer as error:
        raise Problem(400, "empty_answer", "The answer has no text.") from error
    except turns.AnswerTooLong as error:
        raise Problem(400, "answer_too_long", f"An answer has at most {LONGEST_ANSWER} characters.") from error
    except turns.AnswerNotText as error:
        raise Problem(400, "answer_not_text", "Remove control characters from the answer.") from error
    except turns.AnswerConflict as error:
        detail = "This key or turn was used for another answer; nothing was stored."
        raise Problem(409, "answer_conflict", detail) from error
    except turns.NothingToAnswer as error:
        detail = "No question is open: a reply is on its way, the time is over, or the interview has ended."
        raise Problem(409, "nothing_to_answer", detail) from error
