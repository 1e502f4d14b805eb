"""The portal's overview: what waits for a person."""

from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission
from interviews.models import Application, CandidateRequest, Contest, Evaluation, Interview, Turn
from interviews.selectors import blind, people, scope, work


def home(viewer: User) -> dict[str, Any]:
    """What waits for a person: failures, requests, and the viewer's own queue."""
    queue = list(work.to_review(viewer).select_related("application__job")[:50])
    mine = scope.within(viewer, "interview__")
    failed_turns = list(
        Turn.objects.filter(mine, status=Turn.Status.FAILED).select_related("interview__application__job")[:20]
    )
    failed_evaluations = list(_failed_evaluations(mine)[:20])
    requests = _open_requests(viewer)
    broken: list[tuple[Turn | Evaluation, Interview]] = [(turn, turn.interview) for turn in failed_turns]
    broken += [(evaluation, evaluation.interview) for evaluation in failed_evaluations]
    names = people.names(
        [i.subject_id for i in queue] + [i.subject_id for _, i in broken] + [r.subject_id for r in requests]
    )
    return {
        "stats": _home_stats(viewer),
        "failed": [_failed(row, interview, names[interview.subject_id]) for row, interview in broken],
        "requests": [_request(row, names[row.subject_id]) for row in requests],
        "queue": [
            _person(i, names[i.subject_id]) | {"completed_at": i.completed_at or i.last_activity_at} for i in queue
        ],
    }


def _failed_evaluations(mine: Q) -> QuerySet[Evaluation]:
    """Which failed, and nothing that was found: the viewer may have to rate these interviews."""
    rows = Evaluation.objects.filter(mine, status=Evaluation.Status.FAILED)
    return rows.select_related("interview__application__job").only("status", "interview")


def _open_requests(viewer: User) -> list[CandidateRequest]:
    """What candidates asked for may tell of their health: only for those who handle it."""
    if not viewer.may(Permission.HANDLE_REQUESTS):
        return []
    rows = (
        CandidateRequest.objects.filter(scope.within(viewer, "interview__"), handled_at=None)
        .exclude(_is_moot())
        .select_related("interview__application__job", "contest")
    )
    return list(rows.order_by("created_at")[:50])


def _is_moot() -> Q:
    """What is of no use since the candidate withdrew: how the interview was to be, and what of it should not count.

    Whatever else they asked for stands.
    """
    withdrawn = Q(interview__status=Interview.Status.WITHDRAWN, created_at__lt=F("interview__last_activity_at"))
    how = Q(kind__in=[CandidateRequest.Kind.ADJUSTMENT, CandidateRequest.Kind.HUMAN])
    return withdrawn & (how | Q(contest__isnull=False))


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
    contest: Contest | None = getattr(row, "contest", None)
    return _person(row.interview, name) | {
        "id": row.pk,
        "kind_label": row.get_kind_display(),
        "detail": contest.get_reason_display() if contest else row.detail or "",
        "contest_id": contest.pk if contest else None,
        "created_at": row.created_at,
    }


def _home_stats(viewer: User) -> list[dict[str, Any]]:
    counts = scope.interviews_of(viewer).aggregate(
        waiting=Count("pk", filter=Q(status__in=["invited", "opened", "consented"])),
        running=Count("pk", filter=Q(status__in=["in_progress", "paused"])),
        finished=Count("pk", filter=Q(status__in=["completed", "abandoned"])),
    )
    decided = _decided(viewer).count()
    return [
        {"label": _("Invited"), "value": counts["waiting"], "note": _("not started")},
        {"label": _("In progress"), "value": counts["running"], "note": ""},
        {"label": _("Finished"), "value": counts["finished"], "note": ""},
        {"label": _("Decided"), "value": decided, "note": _("by a person")},
    ]


def _decided(viewer: User) -> QuerySet[Application]:
    """The viewer's applications on which somebody decided; of those to rate first, who only rates is not told."""
    rows = Application.objects.exclude(decisions=None).filter(scope.within(viewer, "interviews__"))
    if blind.is_blind(viewer):
        rows = rows.filter(interviews__in=blind.rated_by(viewer))
    return rows.distinct()
