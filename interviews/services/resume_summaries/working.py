"""The rows of summaries: owed, claimed by a worker, recorded once; or taken over from an equal one."""

from dataclasses import replace
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from core import audit, claims, clock, due, pool, state
from core.state import TransitionNotAllowed
from core.tasks import enqueue
from interviews.models import Candidate, Interview, JobVersion, Resume, ResumeSummary
from interviews.selectors import policies, resumes, scope
from interviews.services import standing
from interviews.services.resume_access import require_reader
from interviews.services.resume_summaries import making
from interviews.services.resume_summaries.types import Requirement, Summary
from keys import ring
from keys.box import CannotOpen
from llm import batches, gateway

KIND = "resume_summary"
GIVE_UP_AFTER = 5
Status = ResumeSummary.Status

log = structlog.get_logger()


class NothingToAsk(Exception):
    """There is no resume, its summary is under way, made as it would be now, or locked for this person."""


def owe(resume: Resume, interview: Interview) -> ResumeSummary:
    """Owe a summary for this interview's version of the job in the current transaction.

    Where the tenant has one of the same visible text for the same version, made the same way, it is taken over: the
    same resume never reads differently, and nobody is asked again.
    """
    row = ResumeSummary(
        resume=resume, version_id=interview.version_id, interview=interview, subject_id=resume.subject_id
    )
    equal = _equal(resume, interview.version_id)
    if equal is not None:
        row.status, row.findings, row.finished_at = Status.READY, equal.findings, clock.now()
        row.mode, row.recipe, row.model = equal.mode, equal.recipe, equal.model
        row.save(force_insert=True)
        audit.record("resume.summary_taken_over", row)
        return row
    row.save(force_insert=True)
    _send(row)
    return row


def _send(row: ResumeSummary) -> None:
    due.owe(KIND, row.pk)
    enqueue("interviews.summarise_resume", summary_id=row.pk)


def _equal(resume: Resume, version_id: UUID) -> ResumeSummary | None:
    """One that would be made again word for word, of whichever candidate it is; none of somebody who was erased."""
    found = ResumeSummary.objects.filter(
        resume__text_index=resume.text_index, version=version_id, status=Status.READY, recipe=_recipe_now()
    ).order_by("created_at")
    for row in found:
        try:
            return row if row.findings else None
        except (ring.KeyDestroyed, CannotOpen):
            continue
    return None


def _recipe_now() -> str:
    return making.recipe(gateway.mode(policies.of_tenant()))


def can_ask(row: ResumeSummary | None) -> bool:
    """Whether asking again may give another summary: none was made, it failed, or it would be made otherwise now."""
    if row is None or row.status == Status.FAILED:
        return True
    return row.status == Status.READY and row.recipe != _recipe_now()


@transaction.atomic
def ask_again(*, interview_id: UUID, by: User) -> None:
    """Owe the summary of the newest resume once more, or for a version of the job that has none yet.

    :raises NothingToAsk: with nothing changed.
    :raises interviews.services.standing.Withdrawn: if the candidate withdrew.
    :raises accounts.roles.NotPermitted, Interview.DoesNotExist: with nothing changed.
    """
    require_reader(by)
    interview = scope.interviews_of(by).get(pk=interview_id)
    standing.hold(interview_id)
    resume = resumes.of_application(interview).first()
    if resume is None:
        raise NothingToAsk
    row, locked = resumes.summary(resume, interview, viewer=by)
    if locked or not can_ask(row):
        raise NothingToAsk
    if row is None:
        row = owe(resume, interview)
    else:
        _reopen(row)
    audit.record("resume.summary_asked", row)


def retry(*, summary_id: UUID) -> None:
    """Owe a failed summary again.

    :raises core.state.TransitionNotAllowed: if it did not fail.
    """
    row = ResumeSummary.objects.get(pk=summary_id)
    state.move(row, Status.OWED, source=Status.FAILED, attempts=0, error="")
    _send(row)


def _reopen(row: ResumeSummary) -> None:
    """:raises NothingToAsk: if somebody else did it this instant."""
    try:
        state.move(row, Status.OWED, source=row.status, where=Q(recipe=row.recipe), attempts=0, error="")
    except TransitionNotAllowed as error:
        raise NothingToAsk from error
    _send(row)


@transaction.atomic
def stop(interview: Interview) -> None:
    """The candidate withdrew: what was asked for on this interview's page is not made any more."""
    for row in ResumeSummary.objects.filter(interview=interview, status=Status.OWED):
        try:
            state.move(row, Status.FAILED, source=Status.OWED, error="Withdrawn")
        except TransitionNotAllowed:
            continue  # a worker took it: it looks again before it stores anything
        due.settle(KIND, row.pk)


def run(*, summary_id: UUID) -> None:
    """Claim the summary, make it with nothing held, store it once.

    :raises core.claims.AlreadyClaimed: if another worker makes it or it is done.
    :raises core.claims.LeaseLost: if another worker took over meanwhile; nothing was written.
    """
    with claims.take(ResumeSummary, summary_id) as claim:
        try:
            if claim.attempts > GIVE_UP_AFTER:
                raise claims.AlreadyClaimed("too many attempts")
            summary = _make(claim.row)
            with transaction.atomic():
                standing.hold(claim.row.interview_id)
                _store(claim, summary)
        except (claims.LeaseLost, *pool.AWAY):
            raise  # it is owed as before
        except standing.Withdrawn:
            batches.purge(subject_id=claim.row.subject_id)
            with transaction.atomic():
                claim.record(Status.FAILED, error="Withdrawn")
                due.settle(KIND, summary_id)
        except Exception as error:
            log.error("resume_summary_failed", exc_info=True)
            _fail(claim, type(error).__name__)


def _make(row: ResumeSummary) -> Summary:
    standing.refuse_over(Interview.objects.get(pk=row.interview_id))
    resume, candidate = Resume.objects.get(pk=row.resume_id), Candidate.objects.get(pk=row.subject_id)
    equal = _equal(resume, row.version_id)
    if equal is not None:
        return replace(making.from_json(equal.findings), mode=equal.mode, recipe=equal.recipe, model=equal.model)
    text, known = resume.text, (candidate.name, candidate.email)
    wanted, policy = requirements_of(row.version), policies.of_job(row.version.job_id)
    pool.give_back()
    return making.summarise(text, wanted, policy=policy, known=known, subject_id=row.subject_id)


def requirements_of(version: JobVersion) -> list[Requirement]:
    """The competencies of this version, as requirements."""
    return [Requirement(row.key, row.name, row.definition, row.anchors) for row in version.competencies.all()]


def _store(claim: claims.Claim, summary: Summary) -> None:
    claim.record(
        Status.READY,
        mode=summary.mode,
        recipe=summary.recipe,
        model=summary.model,
        findings=making.to_json(summary),
        error=summary.trouble,
        finished_at=clock.now(),
    )
    due.settle(KIND, claim.row.pk)
    audit.record("resume.summarised", claim.row, mode=summary.mode, attempts=claim.attempts)


def _fail(claim: claims.Claim, error: str) -> None:
    with transaction.atomic():
        claim.record(Status.FAILED, error=error[:60])
        due.fail(KIND, claim.row.pk, error)
        audit.record("resume.summary_failed", claim.row, error=error)
