"""The AI's proposal as the workspace shows it to who has rated: levels with their evidence, doubts and versions."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from interviews.models import CompetencyRating, Disagreement, Evaluation, Finding, Interview, Quote, Review, Turn
from interviews.selectors import comparison, scores
from llm import batches

Spans = dict[Any, list[tuple[int, int]]]


def quote_id(turn_number: int, start: int) -> str:
    """The anchor of a quote in the transcript."""
    return f"q-{turn_number}-{start}"


def current(interview: Interview) -> Evaluation | None:
    """The evaluation that no other superseded, with all that belongs to it."""
    related = ("ratings__competency", "ratings__quotes__turn", "findings__turn")
    found = Evaluation.objects.filter(interview=interview).exclude(status=Evaluation.Status.SUPERSEDED)
    return found.select_related("rubric").prefetch_related(*related).first()


def spans(evaluation: Evaluation) -> Spans:
    """turn id -> spans of quotes and findings."""
    found: Spans = {}
    quotes: list[Quote | Finding] = [q for rating in evaluation.ratings.all() for q in rating.quotes.all()]
    for quote in [*quotes, *evaluation.findings.all()]:
        found.setdefault(quote.turn_id, []).append((quote.start, quote.end))
    return found


def shown(evaluation: Evaluation, interview: Interview, review: Review, turns: list[Turn]) -> dict[str, Any]:
    """The panel, beside the person's own submitted review."""
    answers = {turn.pk: (turn.number, turn.answer or "") for turn in turns}
    findings = list(evaluation.findings.all())
    ratings, later = _ratings(evaluation, review, answers), _later_version(evaluation, interview)
    return scores.summary(evaluation) | {
        "id": evaluation.pk,
        "status": evaluation.status,
        "result": evaluation.pk if evaluation.status in scores.FINISHED else "",
        "waits_until": _waits_until(evaluation),
        "mode": evaluation.mode,
        "made_again_later": bool(evaluation.error) and evaluation.status == Evaluation.Status.PROVISIONAL,
        "made_again_at": evaluation.finished_at if not later and _superseded(evaluation).exists() else None,
        "scored_anew_by": later,
        "coverage_percent": int((evaluation.coverage or 0) * 100),
        "recommendation_tone": scores.TONES[evaluation.recommendation],
        "recommendation_label": evaluation.get_recommendation_display(),
        "reason_label": evaluation.get_reason_display() if evaluation.reason else "",
        "strengths": [_point(f, answers) for f in findings if f.kind == Finding.Kind.STRENGTH],
        "weaknesses": [_point(f, answers) for f in findings if f.kind == Finding.Kind.WEAKNESS],
        "ratings": ratings,
        "differs": any(rating["differs"] for rating in ratings),
        "unexplained": sum(rating["asks"] and not rating["code"] for rating in ratings),
        "contested": sorted(answers[turn.pk][0] for turn in turns if str(turn.pk) in evaluation.without),
        "versions": _versions(evaluation),
    }


def _waits_until(evaluation: Evaluation) -> datetime | None:
    """Until when it waits for a batch."""
    if evaluation.status != Evaluation.Status.OWED:
        return None
    return batches.waits_until("evaluation", evaluation.pk)


def _superseded(evaluation: Evaluation) -> QuerySet[Evaluation]:
    """Its provisional predecessors from the same answers, which were made in vain."""
    made = Evaluation.objects.filter(interview=evaluation.interview_id, without=evaluation.without, mode="basic")
    return made.filter(status=Evaluation.Status.SUPERSEDED)


def _later_version(evaluation: Evaluation, interview: Interview) -> int | None:
    """The number of the version whose scorecard rated, where it is not that of the interview."""
    rubric = evaluation.rubric
    return rubric.number if rubric is not None and rubric.pk != interview.version_id else None


def _versions(evaluation: Evaluation) -> list[dict[str, Any]]:
    found = [{"label": label, "value": value} for label, value in evaluation.versions.items() if value]
    if evaluation.rubric is not None and "rubric" not in evaluation.versions:
        found.insert(0, {"label": _("rubric"), "value": f"v{evaluation.rubric.number}"})
    return found


def _ratings(evaluation: Evaluation, review: Review, answers: dict[Any, Any]) -> list[dict[str, Any]]:
    own, reasons = comparison.own_by_key(review), comparison.reasons(review)
    return [
        _rating(rating, own.get(rating.competency.key), reasons.get(rating.pk), answers)
        for rating in evaluation.ratings.all()
    ]


def _rating(rating: CompetencyRating, own: Any, reason: Disagreement | None, answers: dict[Any, Any]) -> dict[str, Any]:
    agreement = comparison.with_rating(own, rating)
    quotes = list(rating.quotes.all())
    return {
        "key": rating.competency.key,
        "name": rating.competency.name,
        "level": rating.level,
        "own_rated": own is not None,
        "own_level": own.level if own else None,
        "agreement": agreement,
        "agreement_label": comparison.LABELS[agreement],
        "differs": agreement in comparison.DIFFERENT,
        "asks": agreement == comparison.FAR_APART,
        "withheld": rating.get_withheld_display() if rating.withheld else "",
        "confidence": rating.confidence,
        "spread": rating.spread,
        "left_out": rating.left_out,
        "rationale": rating.rationale or "",
        "not_covered": rating.not_covered or "",
        "quotes": [_quote(quote, answers) for quote in quotes if quote.kind == Quote.Kind.SUPPORTS],
        "counters": [_quote(quote, answers) for quote in quotes if quote.kind == Quote.Kind.COUNTERS],
        "code": reason.code if reason else "",
        "code_label": reason.get_code_display() if reason else "",
        "words": (reason.words or "") if reason else "",
    }


def _quote(quote: Quote | Finding, answers: dict[Any, Any]) -> dict[str, str]:
    number, answer = answers[quote.turn_id]
    return {"id": quote_id(number, quote.start), "text": answer[quote.start : quote.end]}


def _point(finding: Finding, answers: dict[Any, Any]) -> dict[str, Any]:
    return {"text": finding.text, "quote": _quote(finding, answers)}
