"""Two tenants with rows of the same primary keys: what alpha holds, word for word, but for a canary, beta holds too."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import ScimGroup, User
from accounts.programs import Scope
from accounts.roles import Role
from accounts.services import invitations as team_invitations
from billing.models import Plan
from billing.services import periods
from billing.tests import invoiced
from core import clock
from core.ids import uuid7
from core.testing import HOME, OTHER
from interviews.models import (
    Evaluation,
    Finding,
    Interview,
    Invitation,
    Job,
    ModelFigures,
    Retest,
)
from interviews.services import (
    contests,
    drafts,
    evaluations,
    feedback,
    invitations,
    lifecycle,
    opening,
    pauses,
    plan_drafts,
    questions,
    returns,
    thumbs,
    turned_away,
    turns,
)
from interviews.tests import make, resumed, team
from tenants.models import CustomDomain, EmailDomain, SupportGrant, Tenant
from tenants.services import api_keys
from tenants.services.scim import connection
from tests import agreed_on

CANARY = {HOME: "canaryinalpha", OTHER: "canaryinbetaa"}  # of one length: quotes are offsets
REVIEWERS = (Role.OWNER, Role.ADMIN, Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER)
UNASSIGNED = (Role.HIRING_MANAGER, Role.REVIEWER)


@dataclass(slots=True)
class World:
    """Interviews by where they stand, one of each, and the secrets of their links."""

    interviews: dict[str, Interview] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def turn(self, name: str) -> UUID:
        """The newest turn of this interview."""
        return UUID(str(self.interviews[name].turns.order_by("-number").values_list("pk", flat=True)[0]))


def unassigned(role: str) -> str:
    """The address of a person with this role to whom nothing is assigned."""
    return f"unassigned-{role}@staff.example"


def build() -> World:
    """Fill alpha through the services that serve people."""
    world, words = World(), CANARY[HOME]
    periods.current()
    for role in Role.values:
        make.staff(role, name=f"{words} {role}")
    for role in UNASSIGNED:
        make.staff(role, email=unassigned(role), name=f"{words} unassigned {role}")
    team_invitations.invite(email="invited@staff.example", name=f"{words} invited", role=Role.REVIEWER)
    _claims()
    job = make.job(f"{words}-job", title=f"{words} job")
    plan_drafts.start_next(job_id=job.pk, by=make.staff(Role.ADMIN))
    returns.assume(by=make.staff(Role.ADMIN), usd_an_hour=Decimal(80), interview_minutes=60)
    for name in STATES:
        one = _invite(job, name)
        team.staff_of(one.interview, Role.HIRING_MANAGER)
        team.staff_of(one.interview, Role.REVIEWER)
        world.interviews[name], world.invitations[name], world.tokens[name] = one.interview, one.invitation, one.token
        STATES[name](one)
        one.interview.refresh_from_db()
    turned_away.note(world.interviews["consented"])
    Invitation.objects.update(used_at=clock.now())
    _support()
    invoiced.issued(line2=words)
    _contract()
    return world


def _contract() -> None:
    """A larger plan of the tenant's own with all that is in use: it begins without a word to the platform's staff."""
    terms = {"price_usd": 2499, "interviews_a_month": 10_000, "sso": True, "scim": True, "custom_domain": True}
    tenant = Tenant.objects.get(schema_name=HOME)
    Plan.objects.create(code="larger", family="larger", name="Contract", tenant=tenant, **terms)


def programs() -> tuple[str, str]:
    """A new key of the tenant in use for everything that a key may do, and its directory's token."""
    owner = User.objects.get(role=Role.OWNER)
    _, key = api_keys.create(name="Reports", scopes=list(Scope), life=timedelta(days=1), by=owner)
    return key, connection.new_token(by=owner)


def _claims() -> None:
    """A mail domain, a host that nobody has proven yet, and a group of the directory."""
    tenant = Tenant.objects.get(schema_name=HOME)
    EmailDomain.objects.create(
        tenant=tenant, domain="staff.example", proof=EmailDomain.Proof.PLATFORM, verified_at=clock.now()
    )
    CustomDomain.objects.create(tenant=tenant, host="jobs.claimed.example", token="a-token")
    ScimGroup.objects.create(display_name="Talent")


def _support() -> None:
    """One grant of support that is open, and one that waits for approval."""
    tenant, now = Tenant.objects.get(schema_name=HOME), clock.now()
    for status, times in (("open", {"starts_at": now, "ends_at": now + timedelta(hours=1)}), ("requested", {})):
        SupportGrant.objects.create(
            tenant=tenant,
            staff_id=uuid7(),
            staff_email=f"{status}@platform.example",
            reason=_words("A ticket about"),
            status=status,
            requested_at=now,
            **times,
        )


def _invite(job: Job, name: str) -> invitations.Invited:
    return invitations.invite(
        job_id=job.pk, name=f"{CANARY[HOME]} {name}", email=f"{name}@{CANARY[HOME]}.example", days=7, by=make.staff()
    )


def _words(text: str) -> str:
    return f"{text} {CANARY[HOME]}"


def _running(one: invitations.Invited) -> None:
    turn = make.open_turn(make.started(one))
    drafts.save(interview=one.interview, turn_id=turn.pk, text=_words("A draft"), version=0)


def _owed(one: invitations.Invited) -> None:
    make.answered(make.started(one), _words("Owed"))


def _failed(one: invitations.Invited) -> None:
    turn = make.answered(make.started(one), _words("Failed"))
    with make.without_key(one.interview):
        turns.write_reply(turn_id=turn.pk)


def _evaluation_failed(one: invitations.Invited) -> None:
    interview = make.submitted(one, _answers())
    with make.without_key(interview):
        evaluations.run(evaluation_id=interview.evaluations.get().pk)


def _reviewed(one: invitations.Invited) -> None:
    interview = make.evaluated(one, _answers())
    evaluation, turn = interview.evaluations.get(), interview.turns.all()[0]
    fields = {"evaluation": evaluation, "subject_id": interview.subject_id, "turn": turn, "start": 0, "end": 9}
    ModelFigures.objects.create(
        evaluation=evaluation, model="m", answers=3, refused=0, quotes=4, located=3, levels=2, supported=2
    )
    Retest.objects.create(evaluation=evaluation)
    Finding.objects.create(kind="strength", text=_words("A strength"), **fields)
    for rating in evaluation.ratings.all():
        rating.rationale = _words("A rationale")
        rating.save()
    _ready(interview)
    agreed_on.fill(interview, _words)


def _ready(interview: Interview) -> None:
    """Everybody rated it, and its evaluation is no longer provisional."""
    for role in REVIEWERS:
        make.reviewed(interview, make.staff(role))
    Evaluation.objects.filter(interview=interview).update(status=Evaluation.Status.READY)


def _submitted(one: invitations.Invited) -> None:
    """With a letter, a thumb, and the contest of its second question."""
    interview = make.evaluated(one, _answers())
    _ready(interview)
    by, (first, second) = make.staff(), interview.turns.all()[:2]
    feedback.release(interview_id=interview.pk, by=by, seen=feedback.draft(interview, by=by).seen)
    thumbs.give(interview, turn_id=first.pk, thumb="up")
    contests.contest(interview, turn_id=second.pk, reason="unclear", words=_words("Which customer?"))


def _decided(one: invitations.Invited) -> None:
    _reviewed(one)
    make.decided(one.interview, make.staff(), reason=_words("She measured first."))
    resumed.summarised(one.interview, resumed.file(_words("Skills of"), "Skills", "SQL", hidden=_words("Hidden")))


def _answers() -> tuple[str, ...]:
    return tuple(_words(text) for text in make.ANSWERS)


def _request(one: invitations.Invited) -> None:
    opening.ask_for_adjustment(make.opened(one), time_factor=None, detail=_words("Breaks"))


def _abandoned(one: invitations.Invited) -> None:
    make.replied(make.started(one), _words("Not finished"))
    make.overdue(one.interview)
    lifecycle.close_overdue(interview_id=one.interview.pk)


def _paused(one: invitations.Invited) -> None:
    turn = make.open_turn(make.started(one))
    questions.flag(interview=one.interview, turn_id=turn.pk, reason="unclear", words=_words("What is a table?"))
    pauses.pause(one.interview)


STATES: dict[str, Any] = {
    "invited": lambda one: None,
    "opened": make.opened,
    "consented": make.consented,
    "running": _running,
    "owed": _owed,
    "failed": _failed,
    "paused": _paused,
    "finished": lambda one: make.all_answered(one, _answers()),
    "request": _request,
    "abandoned": _abandoned,
    "evaluation_failed": _evaluation_failed,
    "submitted": _submitted,
    "evaluated": lambda one: make.evaluated(one, _answers()),
    "reviewed": _reviewed,
    "decided": _decided,
    "stranger": lambda one: make.started(one),
}


@contextmanager
def undone() -> Iterator[None]:
    """Whatever the block writes is rolled back, in both databases."""
    points = {alias: transaction.savepoint(using=alias) for alias in ("default", "keys")}
    try:
        yield
    finally:
        for alias, point in points.items():
            transaction.savepoint_rollback(point, using=alias)
