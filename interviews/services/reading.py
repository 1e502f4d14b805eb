"""Reading people's data: the audit row first, then the rows. One audit row a page view."""

from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator

from accounts.models import User
from accounts.roles import Permission
from core import audit
from interviews.models import Job, JobVersion
from interviews.selectors import assigned, budgets, overview, people, portal, scope, workspace
from interviews.selectors import feedback as said
from interviews.services import feedback, plan_linter, review_time
from interviews.services.jobs import plan_of

PAGE = 25


class NotFound(LookupError):
    """There is no such row for this person."""


def home(*, by: User) -> dict[str, Any]:
    """The viewer's overview."""
    by.require(Permission.VIEW_CANDIDATES)
    audit.record("portal.home_viewed")
    return overview.home(by)


def jobs(*, by: User) -> list[dict[str, Any]]:
    """The viewer's jobs; nobody's data is in them."""
    by.require(Permission.VIEW_JOBS)
    return portal.jobs(viewer=by)


def job_page(*, by: User, job_id: UUID, page: str | None) -> dict[str, Any]:
    """A job with its plan and, for those who may see candidates, a page of them; who works on it, for who assigns.

    Whoever publishes plans also gets what the linter says about this one, and what its budget is.

    :raises NotFound: if there is no such job.
    """
    by.require(Permission.VIEW_JOBS)
    try:
        job = portal.job(job_id, viewer=by)
    except Job.DoesNotExist as error:
        raise NotFound from error
    audit.record("job.viewed", job=str(job_id))
    shown = {"job": job} | portal.job_plan(job_id)
    if shown["version"] and by.may(Permission.MANAGE_JOBS):
        shown["remarks"] = _remarks(shown["version"])
    if by.may(Permission.MANAGE_JOBS):
        shown["budget"] = budgets.of_job(job_id)
    if by.may(Permission.ASSIGN):
        shown["people"] = assigned.managers(job_id)
    if not by.may(Permission.VIEW_CANDIDATES):
        return shown
    return shown | {
        "stats": portal.job_stats(job),
        "page": _page(by, portal.candidates(viewer=by, job_id=job_id), page),
    }


def job_feedback(*, by: User, job_id: UUID) -> dict[str, Any]:
    """What the job's candidates say about its interviews, in sums.

    :raises NotFound: if there is no such job.
    """
    by.require(Permission.VIEW_JOBS)
    job = scope.jobs_of(by).filter(pk=job_id).first()
    if job is None:
        raise NotFound
    audit.record("job.viewed", job=str(job_id))
    return {"job": job} | said.sums(job)


def _remarks(version: JobVersion) -> list[dict[str, Any]]:
    """What the linter says about this plan, with the names of the competencies."""
    names = {competency.key: competency.name for competency in version.competencies.all()}
    return [
        {
            "severity": remark.severity,
            "question": remark.question,
            "competency": names.get(remark.competency, ""),
            "message": remark.message,
        }
        for remark in plan_linter.lint(plan_of(version))
    ]


def candidates(*, by: User, job_slug: str, stage: str, page: str | None) -> Page[Any]:
    """A page of the candidates' table."""
    by.require(Permission.VIEW_CANDIDATES)
    audit.record("candidates.listed", job=job_slug, stage=stage)
    return _page(by, portal.candidates(viewer=by, job_slug=job_slug, stage=stage), page)


def _page(by: User, rows: Any, number: str | None) -> Page[Any]:
    page = Paginator(rows, PAGE).get_page(number)
    page.object_list = portal.candidate_rows(list(page.object_list), viewer=by)
    return page


def open_interview(*, by: User, interview_id: UUID) -> dict[str, Any]:
    """The review workspace of one interview.

    :raises NotFound: if there is no such interview.
    """
    by.require(Permission.VIEW_CANDIDATES)
    related = ("application__job", "application__candidate", "version")
    interview = scope.interviews_of(by).select_related(*related).filter(pk=interview_id).first()
    if interview is None:
        raise NotFound
    audit.record("interview.viewed", interview)
    job = interview.application.job
    name = people.names([interview.subject_id])[interview.subject_id]
    shown = workspace.workspace(interview, viewer=by)
    if by.may(Permission.ASSIGN):
        shown["people"] = assigned.reviewers(interview_id)
    shown["opened"] = review_time.stamp(interview)
    if shown["review_submitted"]:
        shown["feedback"] = feedback.panel(interview, by=by)
    return shown | {"candidate": {"name": name}, "job": {"id": job.pk, "title": job.title}}
