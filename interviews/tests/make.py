"""What tests need to exist, made by the services that make it in earnest."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models
from psycopg import sql

from accounts.models import User
from accounts.roles import Role
from billing.services import periods
from compliance.audit.models import AuditEvent
from core import clock, tenancy
from core.models import Due
from core.testing import HOME, OTHER, TenantClient
from interviews.models import Decision, Interview, Invitation, Job, Review, Turn
from interviews.selectors import policies
from interviews.services import decisions, evaluations, invitations, links, opening, results, reviews, submission, turns
from interviews.services.invitations import Invited
from interviews.services.jobs import CompetencyPlan, JobPlan, QuestionPlan, publish_job
from keys import ring
from keys.models import SubjectKey
from llm import gateway
from llm.tests.asking import using
from tests.mock_model import MockModel

PASSWORD = "a-long-test-password"  # pragma: allowlist secret
ANSWERS = (
    "I moved our orders table to a new schema in four steps, and nobody had to wait for it.",
    "A customer wanted his money back, so I read the log with him and we found the double charge.",
)
ANCHORS = ("Guesses.", "Names a tool.", "Measures first.", "Compares two ways.", "Explains the trade-off.")
PLAN = JobPlan(
    slug="data-engineer",
    title="Data Engineer",
    location="Lisbon",
    max_probes=0,
    words_every_reply=True,  # so that a model, where there is one, is asked about every answer
    competencies=(
        CompetencyPlan("sql", "SQL", "Works on large tables safely.", "technical", Decimal("0.5"), ANCHORS),
        CompetencyPlan(
            "listening", "Listening", "Finds out what people need.", "communication", Decimal("0.3"), ANCHORS
        ),
        CompetencyPlan("candour", "Candour", "Says what went wrong.", "values", Decimal("0.2"), ANCHORS),
    ),
    questions=(
        QuestionPlan("Tell us about a migration of a large table.", ("sql",)),
        QuestionPlan("Tell us about a customer who was angry.", ("listening", "candour")),
    ),
)


def overdue(interview: Interview) -> Interview:
    """Its time was over some hours ago."""
    Interview.objects.filter(pk=interview.pk).update(deadline_at=clock.now() - timedelta(hours=2))
    interview.refresh_from_db()
    return interview


def staff(role: str = Role.RECRUITER, *, email: str = "", name: str = "") -> User:
    """A person of the current tenant with this role; the same one when asked again."""
    email = email or f"{role}@staff.example"
    found = User.objects.filter(email=email).first()
    return found or User.objects.create_user(email, PASSWORD, name=name or f"The {role}", role=role)


def signed_in(user: User, tenant: str = HOME) -> TenantClient:
    """The browser of this person, in a month in which somebody looked at a page already. Call it in the tenant."""
    periods.current()
    client = TenantClient(tenant)
    client.force_login(user)
    return client


def job(slug: str = PLAN.slug, **changes: Any) -> Job:
    """A published job with two questions, three competencies and no follow-ups; the same one when asked again."""
    found = Job.objects.filter(slug=slug).first()
    return found or publish_job(plan=replace(PLAN, slug=slug, **changes), by=staff(Role.ADMIN))


def invited(email: str = "ada@example.org", *, name: str = "Ada Lovelace", slug: str = PLAN.slug) -> Invited:
    """An invited candidate, without a mail."""
    by = staff()
    return invitations.invite(job_id=job(slug).pk, name=name, email=email, days=14, by=by, send_mail=False)


def carried(client: TenantClient, tenant: str = HOME) -> TenantClient:
    """Another browser with the same cookies, on this tenant's host."""
    other = TenantClient(tenant)
    other.cookies = copy.deepcopy(client.cookies)
    return other


def browser(*held: Invitation, tenant: str = HOME) -> TenantClient:
    """The browser of a candidate who opened these invitations' links."""
    client, cookie = TenantClient(tenant), ""
    for invitation in held:
        cookie = links.write_cookie(cookie, invitation)
    client.cookies[settings.CANDIDATE_COOKIE_NAME] = cookie
    return client


def strangers(held: Invitation) -> list[TenantClient]:
    """Nobody, another candidate, and a candidate of another tenant who holds an invitation of the same keys."""
    found = [TenantClient(), browser(invited("grace@example.org").invitation)]
    with tenancy.enter(OTHER):
        found.append(browser(held))
    return found


def cookie_of(client: TenantClient) -> str:
    return str(client.cookies[settings.CANDIDATE_COOKIE_NAME].value)


def opened(one: Invited) -> Interview:
    opening.open_interview(one.interview)
    return one.interview


def consented(one: Invited) -> Interview:
    interview = opened(one)
    opening.give_consent(interview, given=opening.Consented(ai_evaluation=True, keep_for_other_roles=False))
    return interview


def started(one: Invited | None = None) -> Interview:
    """An interview that runs, its first question open."""
    interview = consented(one or invited())
    opening.start(interview)
    return interview


def open_turn(interview: Interview) -> Turn:
    return interview.turns.get(status=Turn.Status.OPEN)


def answered(interview: Interview, text: str = ANSWERS[0]) -> Turn:
    """Answer the open question; its reply is owed."""
    turn = open_turn(interview)
    return turns.submit_answer(interview=interview, answer=text, idempotency_key=turn.pk, turn_id=turn.pk)


def replied(interview: Interview, text: str = ANSWERS[0]) -> Turn:
    """Answer the open question and let the worker reply."""
    turn = answered(interview, text)
    turns.write_reply(turn_id=turn.pk)
    turn.refresh_from_db()
    return turn


def all_answered(one: Invited | None = None, answers: Sequence[str] = ANSWERS) -> Interview:
    """An interview with every question answered and replied to, not yet submitted."""
    interview = started(one)
    for text in answers:
        replied(interview, text)
    return interview


def submitted(one: Invited | None = None, answers: Sequence[str] = ANSWERS) -> Interview:
    """A completed interview whose evaluation is owed."""
    interview = all_answered(one, answers)
    submission.submit(interview, closing="")
    return interview


def evaluated(one: Invited | None = None, answers: Sequence[str] = ANSWERS) -> Interview:
    """A completed interview with its provisional evaluation."""
    interview = submitted(one, answers)
    evaluations.run(evaluation_id=interview.evaluations.get().pk)
    return interview


def evaluated_by_model(one: Invited | None = None) -> Interview:
    """A completed interview with a ready evaluation, made with a model server on loopback."""
    interview = submitted(one)
    with MockModel() as model, using(model):
        evaluations.run(evaluation_id=interview.evaluations.get().pk)
    return interview


@contextmanager
def without_key(interview: Interview) -> Iterator[None]:
    """Nothing of this candidate's can be read or sealed in the block: whatever works on it fails."""
    rows = SubjectKey.objects.filter(subject_id=interview.subject_id)
    kept = list(rows)
    rows.delete()
    ring.forget()
    try:
        yield
    finally:
        SubjectKey.objects.bulk_create(kept)
        ring.forget()


def ratings(interview: Interview, level: int | None = 4) -> dict[UUID, reviews.OwnRating]:
    """The same level for every competency."""
    return {row.pk: reviews.OwnRating(level) for row in interview.version.competencies.all()}


def reviewed(interview: Interview, by: User) -> Review:
    """This person's own complete review."""
    return reviews.save_review(interview_id=interview.pk, by=by, ratings=ratings(interview), submit=True)


def result_of(interview: Interview) -> UUID | None:
    """The result that the interview's page shows."""
    return found.pk if (found := results.finished(interview)) else None


def decided(
    interview: Interview, by: User, outcome: str = Decision.Outcome.ADVANCE, *, reason: str = "She measured first."
) -> Decision:
    code = Decision.Reason.MISSING if outcome == Decision.Outcome.REJECT else Decision.Reason.MEETS
    asked: Any = {"by": by, "outcome": outcome, "reason_code": code, "reason": reason}
    return decisions.decide(interview_id=interview.pk, result=result_of(interview), **asked)


@dataclass(slots=True)
class Writes:
    """Table -> rows that were inserted, updated or deleted, tried and rolled back ones too."""

    tables: dict[str, int]
    so_far: dict[str, int]  # the same, since the transaction began

    def __bool__(self) -> bool:
        return bool(self.tables)


@contextmanager
def writes(since: dict[str, int] | None = None) -> Iterator[Writes]:
    """Count the writes of the block in every schema of the database. Only inside a test's transaction.

    :param since: the `so_far` of the block before, when nothing was written meanwhile: it spares a look.
    """
    before = written() if since is None else since
    found = Writes({}, before)
    yield found
    found.so_far = written()
    changed = {name: count - before.get(name, 0) for name, count in found.so_far.items()}
    found.tables.update({name: count for name, count in changed.items() if count})


def written() -> dict[str, int]:
    """Table -> writes since the transaction began."""
    assert connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname || '.' || relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return dict(cursor.fetchall())


def stored(model: type[models.Model], column: str) -> list[bytes]:
    """What the database itself holds in an encrypted column."""
    statement = sql.SQL("SELECT {} FROM {}").format(sql.Identifier(column), sql.Identifier(model._meta.db_table))
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [bytes(value) for (value,) in cursor.fetchall() if value is not None]


def read_what_is_kept() -> None:
    """What a process keeps for seconds was just read: the queries that follow are a page's own."""
    gateway.mode(policies.of_tenant())


def owed(kind: str) -> list[UUID]:
    """What stands in the due table for the current tenant."""
    return list(
        Due.objects.filter(tenant=tenancy.schema(), kind=kind).order_by("id").values_list("object_id", flat=True)
    )


def actions(prefix: str = "") -> list[str]:
    """The actions of the audit trail so far, oldest first."""
    return list(AuditEvent.objects.filter(action__startswith=prefix).order_by("id").values_list("action", flat=True))
