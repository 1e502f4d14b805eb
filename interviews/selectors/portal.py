"""The portal's lists: jobs, candidates, what waits."""

from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission
from interviews.models import (
    Application,
    CandidateRequest,
    Competency,
    Evaluation,
    Interview,
    Job,
    JobVersion,
    Review,
    Turn,
)
from interviews.selectors import people, scores, work

STATUS_TONES = {
    Interview.Status.IN_PROGRESS: "info",
    Interview.Status.PAUSED: "info",
    Interview.Status.COMPLETED: "good",
    Interview.Status.DECLINED: "warn",
    Interview.Status.ABANDONED: "warn",
}
JOB_TONES = {Job.Status.OPEN: "good", Job.Status.DRAFT: "warn"}


def jobs() -> list[dict[str, Any]]:
    """Every job with its counts, in two queries."""
    rows = Job.objects.select_related("current_version").annotate(**_counts()).order_by("title")
    return [_job_row(job) for job in rows]


def _counts() -> dict[str, Any]:
    interview = "applications__interviews"
    finished = Q(**{f"{interview}__status__in": ["completed", "abandoned"]})
    undecided = Q(applications__decisions=None)
    return {
        "invited": Count("applications", distinct=True),
        "in_progress": Count(
            interview, filter=Q(**{f"{interview}__status__in": ["in_progress", "paused"]}), distinct=True
        ),
        "to_review": Count(interview, filter=finished & undecided, distinct=True),
        "decided": Count("applications", filter=~undecided, distinct=True),
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


def job(job_id: Any) -> dict[str, Any]:
    """One job with its counts.

    :raises Job.DoesNotExist: if there is none.
    """
    return _job_row(Job.objects.select_related("current_version").annotate(**_counts()).get(pk=job_id))


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
        JobVersion.objects.prefetch_related("competencies", "questions__competencies").filter(pk__in=current).first()
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


def job_settings(job_id: Any) -> dict[str, Any]:
    """The published version's settings, and in `follows` its number.

    :raises Job.DoesNotExist: if there is no such job, or nothing of it is published.
    """
    version = (
        Job.objects.select_related("current_version").get(pk=job_id, current_version__isnull=False).current_version
    )
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
    """The newest attempt of every application, newest activity first (never by name: names are encrypted).

    Who only rates can't filter by what others decided about an interview that they have not rated yet.
    """
    newest = Interview.objects.order_by("application_id", "-number").distinct("application_id").values("pk")
    rows = Interview.objects.filter(pk__in=newest).select_related("application__job")
    if job_slug:
        rows = rows.filter(application__job__slug=job_slug)
    if job_id:
        rows = rows.filter(application__job_id=job_id)
    if stage:
        rows = rows.filter(application__stage=stage)
    if stage in Application.DECIDED and not viewer.may(Permission.DECIDE):
        rows = rows.filter(reviews__reviewer=viewer, reviews__status=Review.Status.SUBMITTED)
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
    if not viewer.may(Permission.DECIDE):
        for row in rows:
            row["stage_label"] = "" if row["locked"] else row["stage_label"]
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


def home(viewer: User) -> dict[str, Any]:
    """What waits for a person: failures, requests, and the viewer's own queue."""
    queue = list(work.to_review(viewer).select_related("application__job")[:50])
    failed_turns = list(
        Turn.objects.filter(status=Turn.Status.FAILED).select_related("interview__application__job")[:20]
    )
    failed_evaluations = list(
        Evaluation.objects.filter(status=Evaluation.Status.FAILED).select_related("interview__application__job")[:20]
    )
    requests = _open_requests(viewer)
    broken: list[tuple[Turn | Evaluation, Interview]] = [(turn, turn.interview) for turn in failed_turns]
    broken += [(evaluation, evaluation.interview) for evaluation in failed_evaluations]
    names = people.names(
        [i.subject_id for i in queue] + [i.subject_id for _, i in broken] + [r.subject_id for r in requests]
    )
    return {
        "stats": _home_stats(),
        "failed": [_failed(row, interview, names[interview.subject_id]) for row, interview in broken],
        "requests": [_request(row, names[row.subject_id]) for row in requests],
        "queue": [
            _person(i, names[i.subject_id]) | {"completed_at": i.completed_at or i.last_activity_at} for i in queue
        ],
    }


def _open_requests(viewer: User) -> list[CandidateRequest]:
    """What candidates asked for may tell of their health: only for those who handle it."""
    if not viewer.may(Permission.HANDLE_REQUESTS):
        return []
    rows = (
        CandidateRequest.objects.filter(handled_at=None)
        .exclude(_is_moot())
        .select_related("interview__application__job")
    )
    return list(rows.order_by("created_at")[:50])


def _is_moot() -> Q:
    """How the interview was to be, asked for before the candidate withdrew; whatever else they asked for stands."""
    withdrawn = Q(interview__status=Interview.Status.WITHDRAWN, created_at__lt=F("interview__last_activity_at"))
    return withdrawn & Q(kind__in=[CandidateRequest.Kind.ADJUSTMENT, CandidateRequest.Kind.HUMAN])


def _person(interview: Interview, name: str) -> dict[str, Any]:
    return {
        "interview_id": interview.pk,
        "name": name,
        "initials": people.initials(name),
        "job_title": interview.application.job.title,
    }


def _failed(row: Turn | Evaluation, interview: Interview, name: str) -> dict[str, Any]:
    is_turn = isinstance(row, Turn)
    return _person(interview, name) | {
        "kind": "turn" if is_turn else "evaluation",
        "object_id": row.pk,
        "problem": _("The reply failed") if is_turn else _("The evaluation failed"),
        "since": interview.last_activity_at,
    }


def _request(row: CandidateRequest, name: str) -> dict[str, Any]:
    return _person(row.interview, name) | {
        "id": row.pk,
        "kind_label": row.get_kind_display(),
        "detail": row.detail or "",
        "created_at": row.created_at,
    }


def _home_stats() -> list[dict[str, Any]]:
    counts = Interview.objects.aggregate(
        waiting=Count("pk", filter=Q(status__in=["invited", "opened", "consented"])),
        running=Count("pk", filter=Q(status__in=["in_progress", "paused"])),
        finished=Count("pk", filter=Q(status__in=["completed", "abandoned"])),
    )
    decided = Application.objects.exclude(decisions=None).distinct().count()
    return [
        {"label": _("Invited"), "value": counts["waiting"], "note": _("not started")},
        {"label": _("In progress"), "value": counts["running"], "note": ""},
        {"label": _("Finished"), "value": counts["finished"], "note": ""},
        {"label": _("Decided"), "value": decided, "note": _("by a person")},
    ]
