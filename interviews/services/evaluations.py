"""Evaluations: owed by a submitted interview, run by a worker, stored with their evidence."""

import json
from dataclasses import asdict
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import prefetch_related_objects

from core import audit, claims, clock, due, metrics, pool, state, tenancy
from core.tasks import enqueue
from interviews.models import (
    Candidate,
    Competency,
    CompetencyRating,
    Evaluation,
    Finding,
    Interview,
    JobVersion,
    Quote,
    Turn,
)
from interviews.selectors import contested, policies
from interviews.services import money, quality, redos, retests, rubrics, standing, waiting
from interviews.services.evaluation import evaluate
from interviews.services.evaluation.types import (
    Answer,
    CompetencyText,
    EvaluationContext,
    Material,
    Point,
    Rating,
    Result,
    Thresholds,
)
from llm import batches

GIVE_UP_AFTER = 5

log = structlog.get_logger()


def owe(interview: Interview, *, rubric: JobVersion | None = None) -> Evaluation:
    """Owe the interview an evaluation in the current transaction, by the scorecard of `rubric` or by its own.

    It leaves out what was contested and upheld until now; whoever upholds later supersedes it.
    """
    evaluation = Evaluation.objects.create(
        interview=interview,
        subject_id=interview.subject_id,
        rubric=rubric or interview.version,
        without=contested.upheld(interview.pk),
    )
    due.owe("evaluation", evaluation.pk)
    enqueue("interviews.evaluate", evaluation_id=evaluation.pk)
    return evaluation


@transaction.atomic
def retry(*, evaluation_id: UUID) -> None:
    """Owe a failed evaluation again.

    :raises core.state.TransitionNotAllowed: if it did not fail.
    """
    evaluation = Evaluation.objects.get(pk=evaluation_id)
    state.move(evaluation, Evaluation.Status.OWED, source=Evaluation.Status.FAILED, attempts=0, error="")
    due.owe("evaluation", evaluation.pk)
    enqueue("interviews.evaluate", evaluation_id=evaluation.pk)
    audit.record("evaluation.retried", evaluation)


def run(*, evaluation_id: UUID) -> None:
    """Claim the evaluation, rate with nothing held, store ratings and quotes once; or put it off, where it may wait.

    :raises core.claims.AlreadyClaimed: if another worker runs it or it is done.
    :raises core.claims.LeaseLost: if another worker took over meanwhile; nothing was written.
    """
    with claims.take(Evaluation, evaluation_id) as claim:
        try:
            if claim.attempts > GIVE_UP_AFTER:
                raise claims.AlreadyClaimed("too many attempts")
            material = material_of(claim.row)
            if waiting.put_off(claim, material):
                return
            with quality.listening() as said:
                result = evaluate_material(material)
            with transaction.atomic():
                standing.hold(claim.row.interview_id)
                _store(claim, result)
                quality.keep(claim.row, result, said)
        except (claims.LeaseLost, *pool.AWAY):
            raise  # it is owed as before
        except standing.Withdrawn:
            batches.purge(subject_id=claim.row.subject_id)
            claim.record(Evaluation.Status.SUPERSEDED, error="Withdrawn")
            return
        except Exception as error:
            log.error("evaluation_failed", exc_info=True)
            _fail(claim, type(error).__name__)
            return
    metrics.evaluations.labels(tenancy.schema(), "done", result.mode).inc()


def material_of(evaluation: Evaluation) -> Material:
    """What this evaluation is made of, as the rows say now.

    :raises interviews.services.standing.Withdrawn: if the interview was over when it was read.
    """
    interview = Interview.objects.select_related("version").get(pk=evaluation.interview_id)
    standing.refuse_over(interview)
    version = evaluation.rubric or interview.version
    prefetch_related_objects([version], "competencies")  # read for the scales and for the name of the rubric
    candidate = Candidate.objects.get(pk=interview.subject_id)
    return Material(
        competencies=tuple(competency_text(row) for row in version.competencies.all()),
        answers=tuple(one for one in answers_of(interview) if str(one.turn_id) not in evaluation.without),
        thresholds=Thresholds(version.threshold_hire, version.threshold_maybe, version.coverage_floor),
        policy=policies.of_job(version.job_id),
        context=EvaluationContext(
            interview.pk,
            (candidate.name, candidate.email),
            candidate.pk,
            rubric=rubrics.label(version),
            language=interview.language,
            mapped=interview.version.questions.filter(competencies__isnull=False).exists(),
        ),
        waits_hours=version.evaluation_waits_hours,
    )


def evaluate_material(material: Material) -> Result:
    """Rate this. Hold no transaction: no connection is held meanwhile."""
    pool.give_back()
    result = evaluate(
        competencies=material.competencies,
        answers=material.answers,
        thresholds=material.thresholds,
        policy=material.policy,
        context=material.context,
    )
    quality.hear(result)
    return result


def answers_of(interview: Interview) -> list[Answer]:
    """The answers in the order they were given; the free last field is no answer to anything, and not rated."""
    rows = (
        interview.turns.filter(answer__isnull=False)
        .exclude(kind=Turn.Kind.CLOSING)
        .select_related("question")
        .prefetch_related("question__competencies")
    )
    return [answer_of(turn) for turn in rows]


def answer_of(turn: Turn) -> Answer:
    """The turn's answer as plain data."""
    return Answer(
        turn_id=turn.pk,
        question=turn.shown,
        text=turn.answer or "",
        competency_keys=tuple(c.key for c in turn.question.competencies.all()) if turn.question else (),
    )


def competency_text(row: Competency) -> CompetencyText:
    """The competency as plain data."""
    return CompetencyText(row.key, row.name, row.definition, row.anchors, row.dimension, row.weight)


def _store(claim: claims.Claim, result: Result) -> None:
    evaluation: Evaluation = claim.row
    scores = result.scores
    basic = result.mode == "basic"
    claim.record(
        Evaluation.Status.PROVISIONAL if basic else Evaluation.Status.READY,
        mode=result.mode,
        versions=result.versions,
        parameters=result.parameters,
        input_hash=result.versions.get("input", ""),
        outputs=json.dumps([asdict(output) for output in result.outputs], ensure_ascii=False),
        overall=scores.overall,
        technical=scores.technical,
        communication=scores.communication,
        values=scores.values,
        coverage=scores.coverage,
        spread=scores.spread,
        recommendation=scores.recommendation,
        reason=scores.reason,
        finished_at=clock.now(),
        error=result.trouble,
    )
    version_id = evaluation.rubric_id or evaluation.interview.version_id
    ids = dict(Competency.objects.filter(version=version_id).values_list("key", "pk"))
    for rating in result.ratings:
        _store_rating(evaluation, ids[rating.competency_key], rating)
    _store_points(evaluation, Finding.Kind.STRENGTH, result.strengths)
    _store_points(evaluation, Finding.Kind.WEAKNESS, result.weaknesses)
    due.settle("evaluation", evaluation.pk)
    if not basic:
        redos.hasten()
        retests.owe(evaluation)
    if not (result.trouble and redos.owe(evaluation)):
        money.give_back(evaluation.interview_id)
    audit.record("evaluation.finished", evaluation, mode=result.mode, attempts=claim.attempts)


def _store_rating(evaluation: Evaluation, competency_id: UUID, rating: Rating) -> None:
    row = CompetencyRating.objects.create(
        evaluation=evaluation,
        competency_id=competency_id,
        subject_id=evaluation.subject_id,
        level=rating.level,
        confidence=rating.confidence.quantize(Decimal("0.01")),
        rationale=rating.rationale,
        not_covered=rating.not_covered,
        value=rating.value,
        spread=rating.spread,
        withheld=rating.withheld,
        left_out=rating.left_out,
    )
    kinds = [(Quote.Kind.SUPPORTS, rating.quotes), (Quote.Kind.COUNTERS, rating.counter)]
    Quote.objects.bulk_create(
        Quote(rating=row, kind=kind, turn_id=span.turn_id, start=span.start, end=span.end)
        for kind, spans in kinds
        for span in spans
    )


def _store_points(evaluation: Evaluation, kind: str, points: tuple[Point, ...]) -> None:
    Finding.objects.bulk_create(
        [
            Finding(
                evaluation=evaluation,
                subject_id=evaluation.subject_id,
                kind=kind,
                text=point.text,
                turn_id=point.quote.turn_id,
                start=point.quote.start,
                end=point.quote.end,
            )
            for point in points
        ]
    )


def _fail(claim: claims.Claim, error: str) -> None:
    with transaction.atomic():
        claim.record(Evaluation.Status.FAILED, error=error[:60])
        due.fail("evaluation", claim.row.pk, error)
        audit.record("evaluation.failed", claim.row, error=error)
    metrics.evaluations.labels(tenancy.schema(), "failed", "").inc()
