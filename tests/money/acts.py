"""What the processes of these proofs do, each from nothing: a Candor of its own on the test's databases."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID

import django

django.setup()  # before anything that knows a model: a process of these begins here

from django.conf import settings  # noqa: E402
from django.db import connection, connections  # noqa: E402

from billing.models import Subscription  # noqa: E402
from billing.services import granting, quota  # noqa: E402
from core import tenancy  # noqa: E402
from core.ids import uuid7  # noqa: E402
from core.state import TransitionNotAllowed  # noqa: E402
from core.testing import HOME  # noqa: E402
from interviews.models import Interview, Turn  # noqa: E402
from interviews.services import afterwards, lifecycle, opening, questions, submission, turns  # noqa: E402

Status = Interview.Status
ANSWER = "I moved our orders table to a new schema in four steps, and nobody had to wait for it."


@dataclass(frozen=True, slots=True)
class Place:
    """The test's databases and its Valkey."""

    database: str
    keys: str
    redis_url: str


def here() -> Place:
    """Where this process, the test's, works."""
    names = {alias: str(connections[alias].settings_dict["NAME"]) for alias in ("default", "keys")}
    return Place(names["default"], names["keys"], settings.REDIS_URL)


def start_each(place: Place, numbers: range, broken: bool, line: Connection) -> None:
    """Start the interviews of these numbers, one after the other, once told to; says how each ended and when."""
    with _at_work(place):
        if broken:
            _break()
        ours = list(Interview.objects.filter(number__in=numbers).values_list("pk", flat=True))
        random.shuffle(ours)
        line.send("ready")
        line.recv()
        outcomes: Counter[str] = Counter()
        began = time.monotonic()
        for interview_id in ours:
            outcomes[_start(interview_id)] += 1
        line.send((outcomes, began, time.monotonic()))
        line.recv()


def _start(interview_id: UUID) -> str:
    try:
        opening.start(Interview.objects.get(pk=interview_id))
    except quota.QuotaExhausted:
        return "refused"
    except Exception as error:
        return type(error).__name__
    return "granted"


def live(place: Place, line: Connection) -> None:
    """Whatever interviews do, in any order, for ever; says the number of its backend, and then nothing."""
    with _at_work(place), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        line.send(cursor.fetchone()[0])
        while True:
            act = random.choices(list(ACTS), weights=list(ACTS.values()))[0]
            try:
                act()
            except EXPECTED:
                continue


def _some(*statuses: str) -> Interview:
    found = Interview.objects.filter(status__in=statuses).order_by("?").first()
    return found or Interview.objects.order_by("?")[0]


def _begin() -> None:
    opening.start(_some(Status.CONSENTED))


def _answer() -> None:
    """The first answer: what was reserved counts."""
    first = Turn.objects.filter(number=1, status=Turn.Status.OPEN, interview__status=Status.IN_PROGRESS)
    turn = first.select_related("interview").order_by("?").first()
    if turn is not None:
        turns.submit_answer(interview=turn.interview, answer=ANSWER, idempotency_key=turn.pk, turn_id=turn.pk)


def _skip_and_submit() -> None:
    interview = _some(Status.IN_PROGRESS)
    for turn in interview.turns.filter(status=Turn.Status.OPEN):
        questions.skip(interview=interview, turn_id=turn.pk)
    submission.submit(interview, closing="")


def _give_back() -> None:
    lifecycle.release_quota(interview_id=_some(Status.IN_PROGRESS).pk)


def _withdraw() -> None:
    afterwards.withdraw(_some(Status.IN_PROGRESS))


def _credit() -> None:
    held = Subscription.objects.get(tenant=tenancy.current())
    granting.credit(subscription_id=held.pk, interviews=1, reason="For the kills of tonight.", by=uuid7())


ACTS: dict[Callable[[], None], int] = {
    _begin: 30,
    _answer: 12,
    _skip_and_submit: 6,
    _give_back: 8,
    _withdraw: 2,
    _credit: 1,
}
EXPECTED = (
    quota.QuotaExhausted,
    opening.CannotStart,
    submission.NotFinished,
    turns.NothingToAnswer,
    turns.AnswerConflict,
    TransitionNotAllowed,
)


@contextmanager
def _at_work(place: Place) -> Iterator[None]:
    for alias, name in {"default": place.database, "keys": place.keys}.items():
        settings.DATABASES[alias]["NAME"] = connections[alias].settings_dict["NAME"] = name
    settings.REDIS_URL = place.redis_url
    tenancy.use(tenancy.by_schema(HOME))
    try:
        yield
    finally:
        every: Any = connections.all(initialized_only=True)
        for one in every:
            one.close()
            if one.pool:
                one.close_pool()


def _break() -> None:
    """As it must not be: look first, write then."""

    def take(statement: str, values: list[Any]) -> tuple[int, int] | None:
        assert statement == quota.TAKE
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reserved, consumed, included + credited FROM public.billing_quotaperiod WHERE id = %s", values
            )
            reserved, consumed, bought = cursor.fetchone()
            if reserved + consumed >= bought:
                return None
            cursor.execute("UPDATE public.billing_quotaperiod SET reserved = %s WHERE id = %s", [reserved + 1, *values])
        return reserved + 1 + consumed, bought

    quota._one = take
