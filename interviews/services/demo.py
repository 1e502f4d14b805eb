"""The demo tenants: their people, jobs, and a handful of interviews taken by the real pipeline."""

import json
import os
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import User
from accounts.roles import Role
from accounts.services import second_factor, totp
from billing.services import billing_details
from core import tenancy
from interviews.models import Interview, Invitation, Job, Turn
from interviews.services import (
    assignments,
    decisions,
    evaluations,
    invitations,
    links,
    opening,
    results,
    reviews,
    submission,
    turns,
)
from interviews.services.jobs import CompetencyPlan, JobPlan, QuestionPlan, publish_job
from llm import gateway, registry
from tenants.models import Tenant
from tenants.services import provisioning

DATA = Path(__file__).resolve().parents[1] / "data" / "demo.json"
PASSWORD = "candor-demo-sign-in"  # pragma: allowlist secret (the demo never runs in production)
NOTHING_MORE = "I have nothing to add to that."  # the answer to every follow-up: the data file has one a question
ADMIN = "admin@candor.example"


class DemoRefused(RuntimeError):
    """The demo is for development: it has well-known passwords."""


Say = Callable[[str], None]


def seed(say: Say) -> dict[str, Any]:
    """Make what is missing of the demo; quick when everything is there.

    :returns: what `make run` prints: sign-ins, candidate links, and the models that answer (none in basic mode).
    :raises DemoRefused: in production.
    """
    if settings.PRODUCTION:
        raise DemoRefused("The demo data has well-known passwords and never runs with CANDOR_ENV=production.")
    with tenancy.enter_platform():
        if not User.objects.filter(email=ADMIN).exists():
            User.objects.create_superuser(ADMIN, PASSWORD, name="Platform admin")
        _with_factor(User.objects.get(email=ADMIN))
    known = _remembered()
    tenants = [_seed_tenant(plan, known, say) for plan in json.loads(DATA.read_text())["tenants"]]
    summary = {"admin": {"email": ADMIN, "password": PASSWORD}, "tenants": tenants, "models": models()}
    _remember(summary)
    return summary


def models() -> list[str]:
    """The names of the models that answer; none in basic mode."""
    return sorted({target.model or f"the first model of {target.base_url}" for target in registry.targets()})


def _file() -> Path:
    return Path(settings.VAR) / "run" / "demo.json"


def _remembered() -> dict[str, str]:
    """host -> the candidate link that was printed last time (only its hash is in the database)."""
    try:
        return {row["host"]: row["candidate_path"] for row in json.loads(_file().read_text())["tenants"]}
    except (OSError, ValueError, KeyError):
        return {}


def _remember(summary: dict[str, Any]) -> None:
    _file().parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(summary, file)


def _seed_tenant(plan: dict[str, Any], known: dict[str, str], say: Say) -> dict[str, Any]:
    host = provisioning.host_of(plan["schema"])
    with tenancy.enter_platform():
        if not Tenant.objects.filter(subdomain=plan["schema"], status=Tenant.Status.READY).exists():
            say(f"{plan['name']}: schema, tables, keys, plan")
        tenant = provisioning.ensure_tenant(
            name=plan["name"],
            subdomain=plan["schema"],
            plan_code=plan["plan"],
            brand_color=plan["colour"],
            contact_email=plan["staff"][0]["email"],
        )
    if "billing" in plan:
        billing_details.give(tenant, plan["billing"])
    with tenancy.enter(tenant.schema_name), gateway.basic_only():
        people = [_person(row) for row in plan["staff"]]
        recruiter = next(user for user in people if user.role == Role.RECRUITER)
        path = known.get(host, "")
        if not tenancy.reads_only():  # somebody let its trial end, or stopped it: it is shown as it stands
            path = _seed_work(plan, people, recruiter, path, say)
    return {
        "name": plan["name"],
        "portal_path": "/",
        "host": host,
        "email": recruiter.email,
        "password": PASSWORD,
        "candidate_path": path,
    }


def _seed_work(plan: dict[str, Any], people: list[User], recruiter: User, known: str, say: Say) -> str:
    """Jobs, assignments and finished interviews; returns the path of the candidate's link."""
    jobs = {row["slug"]: _job(row, people[0]) for row in plan["jobs"]}
    by_role = {person.role: person for person in people}
    _assign_jobs(jobs.values(), by_role)
    for row in plan["finished"]:
        _finished(jobs[row["job"]], row, by_role, say)
    _assign_interviews(by_role)
    return _candidate_path(plan, jobs, recruiter, known)


def _person(row: dict[str, Any]) -> User:
    found = User.objects.filter(email=row["email"]).first()
    return _with_factor(found or User.objects.create_user(row["email"], PASSWORD, name=row["name"], role=row["role"]))


def _with_factor(user: User) -> User:
    """Owners, admins and platform staff need a second factor in the demo too; `codes` tells what their app shows."""
    if user.needs_second_factor and not second_factor.has_one(user):
        totp.hand_out(user=user)
    return user


def codes() -> dict[str, str]:
    """E-mail address -> the code that this demo account's authenticator app shows now.

    :raises DemoRefused: in production.
    """
    if settings.PRODUCTION:
        raise DemoRefused("The demo's accounts never exist with CANDOR_ENV=production.")
    with tenancy.enter_platform():
        found = _shown([ADMIN])
    for plan in json.loads(DATA.read_text())["tenants"]:
        with tenancy.enter(plan["schema"].replace("-", "_")):
            found |= _shown([row["email"] for row in plan["staff"]])
    return found


def _shown(emails: list[str]) -> dict[str, str]:
    shown = {user.email: totp.shown(user=user) for user in User.objects.filter(email__in=emails).order_by("email")}
    return {email: code for email, code in shown.items() if code}


def _job(row: dict[str, Any], owner: User) -> Job:
    return Job.objects.filter(slug=row["slug"]).first() or publish_job(plan=job_plan(row), by=owner)


def job_plan(row: dict[str, Any]) -> JobPlan:
    """A job of the data file as a plan to publish."""
    thresholds = {name: Decimal(str(value)) for name, value in row["thresholds"].items()}
    return JobPlan(
        slug=row["slug"],
        title=row["title"],
        location=row["location"],
        intro=row["intro"],
        minutes=row["minutes"],
        threshold_hire=thresholds["hire"],
        threshold_maybe=thresholds["maybe"],
        coverage_floor=thresholds["coverage_floor"],
        competencies=tuple(_competency(item) for item in row["competencies"]),
        questions=tuple(QuestionPlan(item["text"], tuple(item["competencies"])) for item in row["questions"]),
    )


def _competency(item: dict[str, Any]) -> CompetencyPlan:
    weight, anchors = Decimal(str(item["weight"])), tuple(item["anchors"])
    return CompetencyPlan(item["key"], item["name"], item["definition"], item["dimension"], weight, anchors)


def _invite(job: Job, row: dict[str, Any], by: User) -> invitations.Invited | None:
    """The invitation, or None when this person was invited before."""
    name = f"{row['given_name']} {row['family_name']}"
    try:
        return invitations.invite(job_id=job.pk, name=name, email=row["email"], days=30, by=by, send_mail=False)
    except invitations.CannotInvite:
        return None


def _assign_jobs(jobs: Iterable[Job], people: dict[str, User]) -> None:
    """The hiring manager works on every job but the first: what nobody assigned does not exist for this person."""
    for job in list(jobs)[1:]:
        assignments.assign_job(job_id=job.pk, user_id=people[Role.HIRING_MANAGER].pk, by=people[Role.RECRUITER])


def _assign_interviews(people: dict[str, User]) -> None:
    """The reviewer rates every interview that is finished but the first, which does not exist for this person."""
    for interview in Interview.objects.filter(status=Interview.Status.COMPLETED).order_by("created_at")[1:]:
        assignments.assign_interview(
            interview_id=interview.pk, user_id=people[Role.REVIEWER].pk, by=people[Role.RECRUITER]
        )


def _finished(job: Job, row: dict[str, Any], people: dict[str, User], say: Say) -> None:
    """One interview from its link to its evaluation, and what people made of it, through the services in use."""
    invited = _invite(job, row, people[Role.RECRUITER])
    if invited is None:
        return
    say(f"{tenancy.current().name}: an interview for {job.title}")
    interview = invited.interview
    opening.open_interview(interview)
    opening.give_consent(interview, given=opening.Consented(ai_evaluation=True, keep_for_other_roles=False))
    opening.start(interview)
    left = iter(row["answers"])
    while turn := interview.turns.filter(status=Turn.Status.OPEN).first():
        answer = next(left) if turn.kind == Turn.Kind.CORE else NOTHING_MORE
        turns.submit_answer(interview=interview, answer=answer, idempotency_key=turn.pk, turn_id=turn.pk)
        turns.write_reply(turn_id=turn.pk)
    submission.submit(interview, closing="")
    evaluations.run(evaluation_id=interview.evaluations.get().pk)
    for role, levels in row.get("reviewed", {}).items():
        ratings = {c.pk: reviews.OwnRating(levels[c.key]) for c in interview.version.competencies.all()}
        reviews.save_review(interview_id=interview.pk, by=people[role], ratings=ratings, submit=True)
    made = results.finished(interview)
    if decided := row.get("decided"):
        decisions.decide(
            interview_id=interview.pk,
            by=people[decided["by"]],
            outcome=decided["outcome"],
            reason_code=decided["reason_code"],
            reason=decided["reason"],
            result=made.pk if made else None,
        )


def _candidate_path(plan: dict[str, Any], jobs: dict[str, Job], by: User, known: str) -> str:
    """A link that works: the one printed before, or a new one to the same interview."""
    for row in plan["invited"]:
        _invite(jobs[row["job"]], row, by)
    token = known.removeprefix("/i/")
    valid = Invitation.objects.filter(token_hash=links.hash_token(token), revoked_at=None)
    if token and valid.filter(interview__status__in=Interview.BEFORE_START).exists():
        return known
    waiting = Interview.objects.filter(status=Interview.Status.INVITED).order_by("created_at").first()
    if waiting is None:
        return ""
    return f"/i/{invitations.new_link(interview_id=waiting.pk, by=by).token}"
