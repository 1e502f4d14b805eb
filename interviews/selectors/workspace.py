"""The review workspace: transcript, the viewer's own ratings, and the AI's proposal once those are in."""

import itertools
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission
from interviews.models import Decision, Evaluation, Finding, Interview, QuestionFlag, Quote, Review, Turn
from interviews.selectors import contests, scores
from interviews.selectors.portal import STATUS_TONES
from llm import batches

OUTCOME_TONES = {Decision.Outcome.ADVANCE: "good", Decision.Outcome.HOLD: "warn", Decision.Outcome.REJECT: "bad"}


def quote_id(turn_number: int, start: int) -> str:
    """The anchor of a quote in the transcript."""
    return f"q-{turn_number}-{start}"


def segments(text: str, spans: list[tuple[int, int]], turn_number: int) -> list[dict[str, Any]]:
    """The text cut at every quote's ends; a piece inside a quote is marked, and carries its anchor where one starts."""
    ends = sorted({0, len(text), *(min(end, len(text)) for span in spans for end in span)})
    starts = {start for start, _ in spans}
    pieces = []
    for start, end in itertools.pairwise(ends):
        marked = any(left <= start and end <= right for left, right in spans)
        anchor = quote_id(turn_number, start) if start in starts else None
        pieces.append({"text": text[start:end], "marked": marked, "quote_id": anchor})
    return pieces


def workspace(interview: Interview, *, viewer: User) -> dict[str, Any]:
    """Everything of the page. Before the viewer's own review is in, nothing of the AI's is read from the database."""
    review = Review.objects.filter(interview=interview, reviewer=viewer).prefetch_related("ratings__competency").first()
    submitted = review is not None and review.status == Review.Status.SUBMITTED
    beside = ("question", "flag", "contest__ruled_by")
    turns = list(interview.turns.select_related(*beside).prefetch_related("question__competencies"))
    evaluation = _evaluation(interview) if submitted else None
    spans = _spans(evaluation) if evaluation else {}
    own = {rating.competency.key: rating for rating in review.ratings.all()} if review else {}
    return {
        "interview": _interview(interview, turns),
        "turns": [_turn(turn, spans.get(turn.pk, []), viewer) for turn in turns if turn.kind != Turn.Kind.CLOSING],
        "closing": next((turn.answer for turn in turns if turn.kind == Turn.Kind.CLOSING), ""),
        "review_submitted": submitted,
        "reviewed_at": review.submitted_at if review else None,
        "review_items": _items(interview, own) if interview.status in ("completed", "abandoned") else [],
        "evaluation": _proposal(evaluation, own, turns) if evaluation else None,
        "results": contests.side_by_side(interview) if submitted else None,
        "decision": _decision(interview),
        "cannot_decide": _cannot_decide(viewer),
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


def _items(interview: Interview, own: dict[Any, Any]) -> list[dict[str, Any]]:
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
                "level": level,
                "note": (rating.note or "") if rating else "",
                "error": "",
            }
        )
    return items


def _evaluation(interview: Interview) -> Evaluation | None:
    related = ("ratings__competency", "ratings__quotes__turn", "findings__turn")
    current = Evaluation.objects.filter(interview=interview).exclude(status=Evaluation.Status.SUPERSEDED)
    return current.select_related("rubric", "interview").prefetch_related(*related).first()


def _later_version(evaluation: Evaluation) -> int | None:
    """The number of the version whose scorecard rated, where it is not that of the interview."""
    rubric = evaluation.rubric
    return rubric.number if rubric and rubric.pk != evaluation.interview.version_id else None


def _superseded(evaluation: Evaluation) -> QuerySet[Evaluation]:
    """Its provisional predecessors from the same answers, which were made in vain."""
    made = Evaluation.objects.filter(interview=evaluation.interview_id, without=evaluation.without, mode="basic")
    return made.filter(status=Evaluation.Status.SUPERSEDED)


def _spans(evaluation: Evaluation) -> dict[Any, list[tuple[int, int]]]:
    """turn id -> spans of quotes and findings."""
    spans: dict[Any, list[tuple[int, int]]] = {}
    quotes: list[Quote | Finding] = [q for rating in evaluation.ratings.all() for q in rating.quotes.all()]
    for quote in [*quotes, *evaluation.findings.all()]:
        spans.setdefault(quote.turn_id, []).append((quote.start, quote.end))
    return spans


def _proposal(evaluation: Evaluation, own: dict[Any, Any], turns: list[Turn]) -> dict[str, Any]:
    answers = {turn.pk: (turn.number, turn.answer or "") for turn in turns}
    findings = list(evaluation.findings.all())
    later = _later_version(evaluation)
    return scores.summary(evaluation) | {
        "id": evaluation.pk,
        "status": evaluation.status,
        "waits_until": _waits_until(evaluation),
        "mode": evaluation.mode,
        "made_again_later": bool(evaluation.error) and evaluation.status == Evaluation.Status.PROVISIONAL,
        "made_again_at": evaluation.finished_at if not later and _superseded(evaluation).exists() else None,
        "scored_anew_by": later,
        "coverage_percent": int((evaluation.coverage or 0) * 100),
        "recommendation_tone": scores.TONES[evaluation.recommendation],
        "recommendation_label": evaluation.get_recommendation_display(),
        "strengths": [_point(f, answers) for f in findings if f.kind == Finding.Kind.STRENGTH],
        "weaknesses": [_point(f, answers) for f in findings if f.kind == Finding.Kind.WEAKNESS],
        "ratings": [_rating(rating, own, answers) for rating in evaluation.ratings.all()],
        "versions": [{"label": label, "value": value} for label, value in evaluation.versions.items() if value],
    }


def _waits_until(evaluation: Evaluation) -> datetime | None:
    """Until when it waits for a batch."""
    if evaluation.status != Evaluation.Status.OWED:
        return None
    return batches.waits_until("evaluation", evaluation.pk)


def _rating(rating: Any, own: dict[Any, Any], answers: dict[Any, Any]) -> dict[str, Any]:
    mine = own.get(rating.competency.key)  # the scorecard may be a later version's
    own_level = mine.level if mine else None
    return {
        "name": rating.competency.name,
        "level": rating.level,
        "own_level": own_level,
        "own_rated": mine is not None,
        "differs": mine is not None and own_level != rating.level,
        "confidence": rating.confidence,
        "rationale": rating.rationale or "",
        "not_covered": rating.not_covered or "",
        "quotes": [_quote(quote, answers) for quote in rating.quotes.all()],
    }


def _quote(quote: Quote | Finding, answers: dict[Any, Any]) -> dict[str, str]:
    number, answer = answers[quote.turn_id]
    return {"id": quote_id(number, quote.start), "text": answer[quote.start : quote.end]}


def _point(finding: Finding, answers: dict[Any, Any]) -> dict[str, Any]:
    return {"text": finding.text, "quote": _quote(finding, answers)}


def _decision(interview: Interview) -> dict[str, Any] | None:
    decisions = Decision.objects.filter(application_id=interview.application_id, superseded_by=None)
    found = decisions.select_related("decided_by").first()
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
        "before_contest": contests.decided_before(interview),
    }


def _cannot_decide(viewer: User) -> Any:
    return "" if viewer.may(Permission.DECIDE) else _("Your role reviews; somebody else decides.")
