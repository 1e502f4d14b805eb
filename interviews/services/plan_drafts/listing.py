"""The page of all jobs: the published ones, and for those who publish what is being worked on."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from interviews.services import reading
from interviews.services.plan_drafts.saving import drafts_of
from interviews.services.plan_drafts.working import loaded

MOST = 20


def jobs_page(*, by: User) -> dict[str, Any]:
    """`jobs`, and in `drafts` the newest plans that somebody works on.

    :raises accounts.roles.NotPermitted: if `by` may not see jobs.
    """
    shown = {"jobs": reading.jobs(by=by)}
    return shown | {"drafts": _drafts(by) if by.may(Permission.MANAGE_JOBS) else []}


def _drafts(by: User) -> list[dict[str, Any]]:
    return [
        {
            "id": draft.pk,
            "job_id": draft.job_id,
            "title": loaded(draft.plan).plan.title or _("Untitled job"),
            "saved_at": draft.saved_at,
            "by": draft.saved_by.name if draft.saved_by else "",
        }
        for draft in drafts_of(by).select_related("saved_by")[:MOST]
    ]
