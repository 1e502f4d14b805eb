"""The portal's lists: jobs and candidates."""

from decimal import Decimal
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from interviews.models import (
    Competency,
    Evaluation,
    Interview,
    Job,
    JobVersion,
    Review,
)
from interviews.selectors import blind, people, scope, scores

STATUS_TONES = {
    Interview.Status.IN_PROGRESS: "info",
    Interview.Status.PAUSED: "info",
    Interview.Status.COMPLETED: "good",
    Interview.Status.DECLINED: "warn",
    Interview.Status.ABANDONED: "warn",
}
JOB_TONES = {Job.Status.OPEN: "good", Job.Status.DRAFT: "warn"}


def jobs(*, viewer: User) -> list[dict[str, Any]]:
    """The viewer's jobs with their counts, in one query."""
    return [_job_row(job) for job in _counted(viewer).order_by("title")]


def _counted(viewer: User) -> QuerySet[Job]:
    return scope.jobs_of(viewer).select_related("current_version").annotate(**_counts(viewer))


def _counts(viewer: User) -> dict[str, Any]:
    """Of the interviews in the viewer's scope; who only rates is not told what was decided on those to rate."""
    interview = "applications__interviews"
    mine = scope.within(viewer, f"{interview}__")
    finished = mine & Q(**{f"{interview}__status__in": ["completed", "abandoned"]})
    running = mine & Q(**{f"{interview}__status__in": ["in_progress", "paused"]})
    undecided = Q(applications__decisions=None)
    known = mine & (Q(**{f"{interview}__in": blind.rated_by(viewer)}) if blind.is_blind(viewer) else Q())
    return {
        "invited": Count("applications", filter=mine, distinct=True),
        "in_progress": Count(interview, filter=running, distinct=True),
        "to_review": Count(interview, filter=finished & undecided, distinct=True),
        "decided": Count("applications", filter=known & ~undecided, distinct=True),
        "question_count": Count("current_version__questions", distinct=True),
    }


def _job_row(job: Any) -> dict[str, Any]:
    version: JobVersion | None = job.current_version
    return {
        "id": job.pk,
        "title": job.title,
        "location": job.location,
        "question_count": job.question_count,
        "minutes": version.minutes if version else 0,
        "opened_on": version.published_at if version else None,
        "status_label": job.get_status_display(),
        "status_tone": JOB_TONES.get(job.status, ""),
        "invited": job.invited,
        "in_progress": job.in_progress,
        "to_review": job.to_review,
        "decided": job.decided,
    }


def job(job_id: Any, *, viewer: User) -> dict[str, Any]:
    """One job with its counts.

    :raises Job.DoesNotExist: if there is none for this viewer.
    """
    return _job_row(_counted(viewer).get(pk=job_id))


def job_stats(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"label": _("Candidates"), "value": row["invited"], "note": ""},
        {"label": _("In progress"), "value": row["in_progress"], "note": ""},
        {"label": _("To review"), "value": row["to_review"], "note": ""},
        {"label": _("Decided"), "value": row["decided"], "note": ""},
    ]


def job_plan(job_id: Any) -> dict[str, Any]:
    """The published version: questions, competencies with anchors, thresholds."""
    current = Job.objects.filter(pk=job_id).values("current_version")
    version = (
        JobVersion.objects.select_related("job")
        .prefetch_related("competencies", "questions__competencies")
        .filter(pk__in=current)
        .first()
    )
    if version is None:
        return {"version": None, "questions": [], "competencies": [], "thresholds": None}
    competencies = list(version.competencies.all())
    total = sum((c.weight for c in competencies), start=Decimal(0)) or Decimal(1)
    return {
        "version": version,
        "questions": [
            {"text": q.text, "competencies": [c.name for c in q.competencies.all()]} for q in version.questions.all()
        ],
        "competencies": [_competency(c, total) for c in competencies],
        "thresholds": {
            "hire": version.threshold_hire,
            "maybe": version.threshold_maybe,
            "coverage_percent": int(version.coverage_floor * 100),
        },
    }


def job_settings(job_id: Any, *, viewer: User) -> dict[str, Any]:
    """The published version's settings, and in `follows` its number.

    :raises Job.DoesNotExist: if there is no such job for this viewer, or nothing of it is published.
    """
    published = scope.jobs_of(viewer).select_related("current_version").filter(current_version__isnull=False)
    version = published.get(pk=job_id).current_version
    assert version is not None
    return {
        "words_every_reply": version.words_every_reply,
        "evaluation_waits_hours": version.evaluation_waits_hours,
        "follows": version.number,
    }


def _competency(row: Competency, total: Any) -> dict[str, Any]:
    return {
        "name": row.name,
        "definition": row.definition,
        "dimension_label": row.get_dimension_display(),
        "weight_percent": round(row.weight * 100 / total),
        "anchors": row.anchors,
    }


def candidates(*, viewer: User, job_slug: str = "", job_id: Any = None, stage: str = "") -> QuerySet[Interview]:
    """The newest attempt of each of the viewer's applications, newest activity first (never by name: it is encrypted).

    Who only rates can't filter by the stage of an interview that they have not rated yet: whoever is in none of the
    undecided stages has been decided on.
    """
    mine = scope.interviews_of(viewer)
    newest = mine.order_by("application_id", "-number").distinct("application_id").values("pk")
    rows = Interview.objects.filter(pk__in=newest).select_related("application__job")
    if job_slug:
        rows = rows.filter(application__job__slug=job_slug)
    if job_id:
        rows = rows.filter(application__job_id=job_id)
    if stage:
        rows = rows.filter(application__stage=stage)
    if stage and blind.is_blind(viewer):
        rows = rows.filter(pk__in=blind.rated_by(viewer))
    return rows.order_by("-last_activity_at", "-pk")


def candidate_rows(interviews: list[Interview], *, viewer: User) -> list[dict[str, Any]]:
    """One page of the table. A result shows only to who has reviewed that interview."""
    ids = [interview.pk for interview in interviews]
    names = people.names(interview.subject_id for interview in interviews)
    reviewed = set(
        Review.objects.filter(interview__in=ids, reviewer=viewer, status=Review.Status.SUBMITTED).values_list(
            "interview_id", flat=True
        )
    )
    ratings = Prefetch("ratings__competency", Competency.objects.only("dimension"))
    results = {
        evaluation.interview_id: evaluation
        for evaluation in Evaluation.objects.filter(
            interview__in=reviewed, status__in=scores.FINISHED
        ).prefetch_related("ratings", ratings)
    }
    rows = [_row(i, names[i.subject_id], i.pk in reviewed, results.get(i.pk)) for i in interviews]
    if blind.is_blind(viewer):
        for row in rows:
            row["stage_label"] = row["stage_label"] if row["interview_id"] in reviewed else ""
    return rows


def _row(interview: Interview, name: str, reviewed: bool, result: Evaluation | None) -> dict[str, Any]:
    status = Interview.Status(interview.status)
    finished = status in (Interview.Status.COMPLETED, Interview.Status.ABANDONED)
    return {
        "interview_id": interview.pk,
        "name": name,
        "initials": people.initials(name),
        "job_title": interview.application.job.title,
        "stage_label": interview.application.get_stage_display(),
        "status_label": interview.get_status_display(),
        "status_tone": STATUS_TONES.get(status, ""),
        "last_activity": interview.last_activity_at,
        "locked": finished and not reviewed,
        "result": scores.summary(result) if result else None,
    }
