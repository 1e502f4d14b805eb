"""Admission: one Lua round trip chooses a candidate that has room and reserves there; another one ends it.

Redis holds what is under way: windows of a minute and a day, requests at once, budgets, breakers. What it forgot is
counted anew from the ledger before anything is admitted. Without Redis nothing is: nobody could say what it costs.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from redis import RedisError, TimeoutError
from redis.commands.core import Script

from core import clock
from core.redis import client, platform_key
from llm import budgets, counting
from llm.budgets import Ceiling
from llm.headers import NOTHING, Observed, Quota
from llm.targets import Limits, Target, Window

LUA = Path(__file__).parent / "lua"
NANO = 1_000_000_000
MARGIN_SECONDS = 2.0  # a call's lease ends so long after its deadline
TRIP = 4.5  # five failures in a row within seconds, or as many more than successes, open a breaker
HALF_MS = 30_000  # in which a failure counts half
FIRST_PAUSE_MS = 5_000
LONGEST_PAUSE_MS = 30_000  # so that a provider that came back is noticed soon; a probe is one call
WEIGHTS = {"bad": 0.5}  # a broken output says less about a server's health than no answer
MOST_SEEDS = 24  # of counters that Redis forgot, in one admission
UNKNOWN_USE = -1
COUNTED_SECONDS = 3 * 86_400
ALLOWANCE_SECONDS = 172_800
SILENT_SECONDS = 1.0  # after Redis kept somebody waiting in vain, it is not told of ends: the pen would wait for each

_silent_until = 0.0

log = structlog.get_logger()


class NoRoom(Exception):
    """No candidate has room now. `wait` is in seconds; None: waiting does not help."""

    def __init__(self, reasons: Sequence[str], wait: float | None) -> None:
        super().__init__(", ".join(reasons))
        self.reasons, self.wait = tuple(reasons), wait


class NoCount(Exception):
    """Redis is away, so nobody knows what is used already: nothing is admitted."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A target, the most tokens that the call may take there, and the most it may cost."""

    target: Target
    tokens: int
    cost_nano: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an admitted call ended.

    :param result: ok, failed (no answer), bad (a broken one), auth, limited, or other (says nothing about the server).
    :param sent: False where the provider can't have counted it.
    """

    result: str
    tokens: int = 0
    cost_nano: int = 0
    sent: bool = True
    observed: Observed = NOTHING


def admit(
    candidates: Sequence[Candidate],
    *,
    call_id: UUID,
    seconds: float,
    ceilings: Sequence[Ceiling] = (),
    interview_id: UUID | None = None,
    feature: str = "",
    share: float = 1.0,
) -> Candidate:
    """Reserve at the first candidate with room for a call that ends within `seconds`.

    :param share: the part of the limits of a minute, and at once, that this kind of call may fill.

    :raises NoRoom: nothing was reserved. :raises NoCount: nor here.
    """
    asked = {
        "id": call_id.hex,
        "share": share,
        "lease": round((seconds + MARGIN_SECONDS) * 1000),
        "iv": allowance_key(interview_id, feature) if interview_id else "",
        "b": _budgets(ceilings),
        "c": [_candidate(candidate, seconds) for candidate in candidates],
    }
    for _ in range(MOST_SEEDS):
        place, second, *more = _run("admit", asked)
        if place > 0:
            return candidates[place - 1]
        if place == 0:
            raise NoRoom(more[0].decode().split(","), second / 1000 if second >= 0 else None)
        if place == UNKNOWN_USE:
            target = candidates[second - 1].target
            _count_use(target, target.windows[more[0] - 1])
        else:
            _count_spending(ceilings[second - 1])
    raise NoCount("counters keep vanishing")


def settle(call_id: UUID, outcome: Outcome, target: Target | None = None) -> None:
    """End the reservation of this call, once; what it did not use is free again. Redis away costs only accuracy."""
    told = {
        "id": call_id.hex,
        "t": outcome.tokens,
        "n": outcome.cost_nano,
        "sent": outcome.sent,
        "r": outcome.result,
        "weight": WEIGHTS.get(outcome.result, 1.0),
        "trip": TRIP,
        "pause": FIRST_PAUSE_MS,
        "longest": LONGEST_PAUSE_MS,
        "half": HALF_MS,
        "retry": _milliseconds(outcome.observed.retry_after),
        "seen": _seen(outcome.observed, target),
    }
    try:
        if time.monotonic() < _silent_until:
            raise NoCount("silent")
        _ended, breaker = _run("settle", told)
    except NoCount:
        log.warning("llm_reservation_not_ended")
        return
    if breaker:
        log.warning("llm_breaker", state=breaker.decode(), after=outcome.result)


def forget(call_ids: Sequence[UUID]) -> None:
    """Free what calls hold whose workers died: the provider may have counted them, and nothing is known of the cost."""
    for call_id in call_ids:
        settle(call_id, Outcome("other"))


def reserve_allowance(interview_id: UUID, feature: str = "", *, cost_nano: int, ceilings: Sequence[Ceiling]) -> bool:
    """Take an interview's money for a feature out of the budgets at its start, so that it never ends for money.

    :returns: False if a budget has not so much left; nothing was taken.
    :raises NoCount: if Redis is away.
    """
    asked = {
        "key": allowance_key(interview_id, feature),
        "n": cost_nano,
        "e": ALLOWANCE_SECONDS,
        "b": _budgets(ceilings),
    }
    for _ in range(MOST_SEEDS):
        place = _run("allow", asked)
        if place >= 0:
            return bool(place)
        _count_spending(ceilings[-place - 1])
    raise NoCount("counters keep vanishing")


def release_allowance(interview_id: UUID, feature: str = "") -> None:
    """Give back what the interview did not spend, once."""
    try:
        _run("release", {"key": allowance_key(interview_id, feature)})
    except NoCount:
        log.warning("llm_allowance_not_released")


def allowance_key(interview_id: UUID, feature: str = "") -> str:
    """The hash in Redis with what is left of an interview's allowance for a feature."""
    return f"{_prefix()}interview:{interview_id.hex}:{feature}"


def breaker_key(account: str) -> str:
    """The hash in Redis with the state of an account's breaker; none = closed."""
    return f"{_prefix()}breaker:{account}"


def _run(name: str, asked: dict[str, Any]) -> Any:
    global _silent_until
    try:
        return _script(name)(args=[_prefix(), json.dumps(asked, separators=(",", ":"))])
    except RedisError as error:
        if isinstance(error, TimeoutError):
            _silent_until = time.monotonic() + SILENT_SECONDS
        raise NoCount(type(error).__name__) from None


@cache
def _script(name: str) -> Script:
    return client().register_script((LUA / f"{name}.lua").read_text())


@cache
def _prefix() -> str:
    return platform_key("llm", "")


def _count_use(target: Target, window: Window) -> None:
    told = counting.use(target, window)
    _run("count", told | {"base": f"{_prefix()}w:{window.scope}", "e": COUNTED_SECONDS})


def _count_spending(ceiling: Ceiling) -> None:
    try:
        client().set(ceiling.key, budgets.spent_nano(ceiling), nx=True, ex=ceiling.expires_in)
    except RedisError as error:
        raise NoCount(type(error).__name__) from None


def _budgets(ceilings: Sequence[Ceiling]) -> list[dict[str, Any]]:
    return [
        {"k": ceiling.key, "l": ceiling.limit_nano, "e": ceiling.expires_in, "r": ceiling.reason}
        for ceiling in ceilings
    ]


def _candidate(candidate: Candidate, seconds: float) -> dict[str, Any]:
    target = candidate.target
    windows = target.windows or (Window(target.holder, Limits()),)
    return {
        "a": target.holder,
        "t": candidate.tokens,
        "m": target.counts_max_tokens,
        "n": candidate.cost_nano,
        "w": [_window(window, target.time_zone, seconds) for window in windows],
    }


def _window(window: Window, time_zone: str, seconds: float) -> dict[str, Any]:
    limits = window.limits
    by_day = limits.requests_day is not None or limits.tokens_day is not None
    return {
        "s": window.scope,
        "rm": limits.requests_minute,
        "tm": limits.tokens_minute,
        "rd": limits.requests_day,
        "td": limits.tokens_day,
        "fl": limits.in_flight,
        "d": days(time_zone, seconds) if by_day else [],
    }


def days(time_zone: str, seconds: float) -> list[dict[str, Any]]:
    """The days of this zone that a call of so many seconds may count in: today, and tomorrow just before midnight."""
    now = clock.now().astimezone(ZoneInfo(time_zone))
    dates = {now.date(): None, (now + timedelta(seconds=seconds)).date(): None}
    return [{"k": day.isoformat(), "e": COUNTED_SECONDS} for day in dates]


def _seen(observed: Observed, target: Target | None) -> dict[str, Any] | None:
    if target is None or (observed.requests == Quota() and observed.tokens == Quota()):
        return None
    limits = target.windows[-1].limits if target.windows else Limits()
    requests, tokens = observed.requests, observed.tokens
    return {
        "rl": requests.of_a_minute(limits.requests_minute, limits.requests_day),
        "tl": tokens.of_a_minute(limits.tokens_minute, limits.tokens_day),
        "rr": requests.remaining,
        "rru": _milliseconds(requests.reset_seconds),
        "tr": tokens.remaining,
        "tru": _milliseconds(tokens.reset_seconds),
    }


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
