"""The review workspace: transcript, the viewer's own ratings, and the AI's proposal once those are in."""

import itertools
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission
from interviews.models import Decision, Interview, QuestionFlag, Review, Turn
from interviews.selectors import blind, comparison, contests, overrides, proposal, raters, work
from interviews.selectors.portal import STATUS_TONES

OUTCOME_TONES = {Decision.Outcome.ADVANCE: "good", Decision.Outcome.HOLD: "warn", Decision.Outcome.REJECT: "bad"}


def segments(text: str, spans: list[tuple[int, int]], turn_number: int) -> list[dict[str, Any]]:
    """The text cut at every quote's ends; a piece inside a quote is marked, and carries its anchor where one starts."""
    ends = sorted({0, len(text), *(min(end, len(text)) for span in spans for end in span)})
    starts = {start for start, _ in spans}
    pieces = []
    for start, end in itertools.pairwise(ends):
        marked = any(left <= start and end <= right for left, right in spans)
        anchor = proposal.quote_id(turn_number, start) if start in starts else None
        pieces.append({"text": text[start:end], "marked": marked, "quote_id": anchor})
    return pieces


def workspace(interview: Interview, *, viewer: User) -> dict[str, Any]:
    """Everything of the page. Before the viewer's own review is in, nothing of the AI's is read from the database, and
    nothing that anybody else rated, agreed on or decided."""
    review = _own_review(interview, viewer)
    beside = ("question", "flag", "contest__ruled_by")
    turns = list(interview.turns.select_related(*beside).prefetch_related("question__competencies"))
    submitted = review if review and review.status == Review.Status.SUBMITTED else None
    evaluation = proposal.current(interview) if submitted else None
    spans = proposal.spans(evaluation) if evaluation else {}
    return {
        "interview": _interview(interview, turns),
        "turns": [_turn(turn, spans.get(turn.pk, []), viewer) for turn in turns if turn.kind != Turn.Kind.CLOSING],
        "closing": next((turn.answer for turn in turns if turn.kind == Turn.Kind.CLOSING), ""),
        "review_submitted": submitted is not None,
        "reviewed_at": review.submitted_at if review else None,
        "draft_version": review.draft_version if review else 0,
        "review_items": _items(interview, review, turns) if interview.status in ("completed", "abandoned") else [],
        "evaluation": proposal.shown(evaluation, interview, submitted, turns) if submitted and evaluation else None,
        "results": None,
        "decision": None,
        "cannot_decide": _cannot_decide(viewer),
    } | (_unlocked(interview, submitted, viewer) if submitted else {})


def _own_review(interview: Interview, viewer: User) -> Review | None:
    mine = Review.objects.filter(interview=interview, reviewer=viewer)
    return mine.prefetch_related("ratings__competency").first()


def _unlocked(interview: Interview, review: Review, viewer: User) -> dict[str, Any]:
    """What others did, and what to rate next."""
    decision = _decision(interview, viewer)
    return {
        "raters": raters.raters(interview, own=review, viewer=viewer),
        "consensus": raters.consensus(interview),
        "results": contests.side_by_side(interview),
        "decision": decision,
        "can_explain": decision is None and interview.status not in Interview.OVER,
        "next_id": work.to_review(viewer).exclude(pk=interview.pk).values_list("pk", flat=True).first(),
    }


def _interview(interview: Interview, turns: list[Turn]) -> dict[str, Any]:
    failed = next((turn for turn in turns if turn.status == Turn.Status.FAILED), None)
    return {
        "id": interview.pk,
        "completed_at": interview.completed_at,
        "attempt": interview.number,
        "open": interview.status not in Interview.CLOSED,
        "status_label": interview.get_status_display(),
        "status_tone": STATUS_TONES.get(Interview.Status(interview.status), ""),
        "problem": _("The reply to an answer failed; the answer is safe.") if failed else "",
        "failed_turn_id": failed.pk if failed else None,
    }


def _turn(turn: Turn, spans: list[tuple[int, int]], viewer: User) -> dict[str, Any]:
    return {
        "number": turn.number,
        "question": turn.shown,
        "kind": turn.kind,
        "probe_kind": turn.probe_kind,
        "competencies": [c.name for c in turn.question.competencies.all()] if turn.question else [],
        "segments": segments(turn.answer, spans, turn.number) if turn.answer else [],
        "skipped": turn.status == Turn.Status.SKIPPED,
        "flag": _flag(turn, viewer),
        "contest": contests.beside(turn, viewer),
    }


def _flag(turn: Turn, viewer: User) -> dict[str, Any] | None:
    """What the candidate says is wrong with the question; their words may tell of themselves."""
    flag: QuestionFlag | None = getattr(turn, "flag", None)
    if flag is None:
        return None
    return {
        "reason": flag.get_reason_display(),
        "words": flag.words if viewer.may(Permission.HANDLE_REQUESTS) else "",
    }


def _items(interview: Interview, review: Review | None, turns: list[Turn]) -> list[dict[str, Any]]:
    own = comparison.own_by_key(review)
    asked = _asked(turns)
    items = []
    for competency in interview.version.competencies.all():
        rating = own.get(competency.key)
        level = (rating.level or "N") if rating and rating.rated else None
        items.append(
            {
                "id": competency.pk,
                "key": competency.key,
                "name": competency.name,
                "definition": competency.definition,
                "anchors": competency.anchors,
                "turns": asked.get(competency.pk, []),
                "level": level,
                "note": (rating.note or "") if rating else "",
                "error": "",
            }
        )
    return items


def _asked(turns: list[Turn]) -> dict[Any, list[int]]:
    """competency id -> the numbers of the turns that were asked about it."""
    found: dict[Any, list[int]] = {}
    for turn in turns:
        for competency in turn.question.competencies.all() if turn.question else ():
            found.setdefault(competency.pk, []).append(turn.number)
    return found


def _decision(interview: Interview, viewer: User) -> dict[str, Any] | None:
    decisions = Decision.objects.filter(application_id=interview.application_id, superseded_by=None)
    # It may be about another attempt, which the viewer may still have to rate.
    told = Q(interview__in=blind.rated_by(viewer))
    found: Any = overrides.with_recommendation(decisions, told=told).select_related("decided_by").first()
    if found is None:
        return None
    return {
        "id": found.pk,
        "outcome_label": found.get_outcome_display(),
        "outcome_tone": OUTCOME_TONES[Decision.Outcome(found.outcome)],
        "reason_label": found.get_reason_code_display(),
        "reason_text": found.reason,
        "decided_by": found.decided_by.name,
        "decided_at": found.decided_at,
        "against_label": overrides.label(found.recommended, found.outcome),
        "before_contest": contests.decided_before(interview),
    }


def _cannot_decide(viewer: User) -> Any:
    return "" if viewer.may(Permission.DECIDE) else _("Your role reviews; somebody else decides.")
