"""After the end: thumbs about the questions, the contest of an answer, and the feedback letter."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import ratelimit
from interviews import selectors
from interviews.forms import ContestForm
from interviews.models import Interview
from interviews.selectors import contested
from interviews.selectors import feedback as said
from interviews.services import contests, standing, takeaway, thumbs, turns
from interviews.views.ending import download
from interviews.views.frame import limited, page, see, with_interview

CLOSED = (contests.NotContestable, standing.Withdrawn)


@require_http_methods(["POST"])
@with_interview
def thumb(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Keep how the candidate found one question."""
    if interview.status not in said.COUNTED:
        return see("candidate_home", interview)
    try:
        turn_id = UUID(request.POST.get("turn", ""))
        ratelimit.hit("thumb", str(interview.pk), "200/hour")
        thumbs.give(interview, turn_id=turn_id, thumb=request.POST.get("thumb", ""))
    except ratelimit.TooMany as error:
        return limited(request, error)
    except (turns.NoSuchTurn, ValueError) as error:
        raise Http404 from error
    except (thumbs.NotThumbable, standing.Withdrawn):
        pass  # withdrawn meanwhile: the page says
    return see("candidate_home", interview, after=f"?questions#asked-{turn_id}")


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def contest(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Say why an answer should not count."""
    if interview.status not in said.COUNTED:
        return see("candidate_home", interview)
    questions = said.contestable(interview)
    data = request.POST if request.method == "POST" else None
    form = ContestForm(data, questions=questions, initial={"turn": request.GET.get("turn")})
    if data is not None and form.is_valid():
        chosen = form.cleaned_data
        try:
            ratelimit.hit("contest", str(interview.pk), "20/hour")
            contests.contest(interview, turn_id=chosen["turn"], reason=chosen["reason"], words=chosen["words"])
            return see("candidate_home", interview, after="#contested")
        except ratelimit.TooMany as error:
            return limited(request, error)
        except (contests.AlreadyContested, turns.NoSuchTurn):
            form.add_error("turn", _("This question was contested already. A person looks at each one once."))
        except CLOSED:
            return see("candidate_contest", interview)
        except ValueError:
            form.add_error("words", selectors.ANSWER_ERRORS["text"])
    context: dict[str, Any] = {
        "form": form,
        "until": contested.closes_at(interview),
        "closed": contested.is_closed(interview),
        "questions": questions,
        "back_url": reverse("candidate_home", args=[interview.pk]),
    }
    return page(request, interview, "contest", 400 if form.is_bound else 200, **context)


@require_safe
@with_interview
def letter(request: HttpRequest, interview: Interview) -> HttpResponse:
    """The feedback letter as a text file."""
    try:
        return download(request, interview, takeaway.letter, "feedback.txt", "text/plain; charset=utf-8")
    except takeaway.NoLetter:
        return see("candidate_home", interview)
