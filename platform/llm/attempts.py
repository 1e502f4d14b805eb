"""One call from the first candidate to an answer: the only place where anything is tried again.

Each attempt is admitted anew, has a ledger row of its own, and holds no database connection while it is asked.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from importlib import import_module
from typing import Any

from core import pool
from core.ids import uuid7
from llm import (
    admission,
    answers,
    budgets,
    canary,
    failures,
    ledger,
    offering,
    preparing,
    settling,
    target_keys,
    writer,
)
from llm.admission import Candidate, NoCount, NoRoom, Outcome
from llm.answers import Answer, BadAnswer
from llm.failures import BAD_OUTPUT, BadOutput, Stopped, Unavailable, WireError
from llm.headers import NOTHING, Observed
from llm.models import LlmCall
from llm.preparing import Prepared
from llm.router import Route
from llm.targets import Target

MOST_ATTEMPTS = 5
MOST_AT_A_TARGET = 2  # failures, where there is another one
LEAST_SECONDS = 0.05
SHARE = 0.6  # of the time left, that one attempt may take while there is enough for another
ENOUGH_SECONDS = 4.0
FAILING_PATIENCE = 1.0
FIRST_BACKOFF, LONGEST_BACKOFF = 0.2, 3.0

Failure = WireError | BadAnswer


@dataclass(slots=True)
class Attempt:
    """An attempt whose row is open: where it goes and what is sent."""

    row: LlmCall
    target: Target
    body: dict[str, Any]
    deadline: float
    started: float = 0.0
    first_ms: int = 0
    observed: Observed = NOTHING

    def settle(self, *, answer: Answer | None = None, error: Failure | None = None) -> int:
        """Close the row and the reservation; returns the milliseconds on the wire."""
        return settling.settle(self, answer=answer, error=error)


@dataclass(slots=True)
class Answered:
    """What came of the last attempt. `parsed` is None where no schema was asked for."""

    attempt: Attempt
    answer: Answer
    parsed: dict[str, Any] | None
    model_ms: int


Ask = Callable[[Attempt], Answer]


@dataclass(slots=True)
class Attempts:
    """The attempts at one call.

    :param ask: puts the request on the wire and reads the answer.
    :param may_repeat: whether another attempt may follow one that failed in the middle of its words.
    """

    prepared: Prepared
    route: Route
    ask: Ask
    streamed: bool = False
    may_repeat: Callable[[], bool] = lambda: True
    _messages: list[dict[str, str]] = field(default_factory=list)
    _failures: dict[str, int] = field(default_factory=dict)  # of a target's name
    _given_up: set[str] = field(default_factory=set)  # names of targets, and holders
    _own_keys: dict[str, str] = field(default_factory=dict)  # of a holder: given since the route was made
    _repair: tuple[Target, str] | None = None
    _last_kind: str = ""
    _made: int = 0
    _model_ms: int = 0
    _waited: float = 0.0

    def run(self) -> Answered:
        """Ask until somebody answers.

        :raises Unavailable: with the reason of the last failure in `kind`; BadOutput if that was the answer's.
        """
        self._messages = preparing.outgoing(self.prepared)
        while True:
            attempt = self._open()
            try:
                return self._asked(attempt)
            except (WireError, BadAnswer) as failed:
                self._after(attempt, failed)

    def _asked(self, attempt: Attempt) -> Answered:
        """:raises WireError, BadAnswer: after the row was settled."""
        try:
            answer, parsed = self._read(attempt)
        except (WireError, BadAnswer) as failed:
            self._model_ms += attempt.settle(error=failed)
            raise
        except Stopped:
            raise
        except Exception:
            attempt.settle(error=BadAnswer("internal"))
            raise
        return Answered(attempt, answer, parsed, attempt.settle(answer=answer))

    def _read(self, attempt: Attempt) -> tuple[Answer, dict[str, Any] | None]:
        try:
            attempt.target = target_keys.with_key(self._renewed(attempt.target))
            answer = self.ask(attempt)
            return answer, checked(answer, self.prepared.schema)
        except (WireError, BadAnswer) as failed:
            raise self._judged(attempt.target, failed) from None

    def _judged(self, target: Target, failed: Failure) -> Failure:
        """A refused key that was rotated is nobody's fault: the next attempt goes there again, with the new one."""
        if failed.kind != "unauthorised" or not (key := target_keys.newer(target)):
            return failed
        if target.own_key_of:
            self._own_keys[target.holder] = key
        return WireError("old_key")

    def _renewed(self, target: Target) -> Target:
        key = self._own_keys.get(target.holder)
        return replace(target, api_key=key) if key else target

    # --- before an attempt ----------------------------------------------------------------------

    def _open(self) -> Attempt:
        """Find room, reserve, write the row; the connection goes back to its pool."""
        call_id, seconds = uuid7(), self._seconds()
        candidate = self._admitted(call_id, seconds)
        target = candidate.target
        asked = preparing.body(target, self._messages, self.prepared, streamed=self.streamed)
        if self._repair and self._repair[0] == target:
            asked = preparing.repaired(asked, self._repair[1], "it broke the schema")
        self._repair = None
        self._made += 1
        try:
            reason = self.route.reason(candidate, self._last_kind)
            row = ledger.open_call(
                self.prepared, target, call_id=call_id, attempt=self._made, reason=reason, waited=self._waited
            )
        except writer.NotWritten:
            admission.settle(call_id, Outcome("other", sent=False), target)
            raise self._unavailable("not_counted") from None
        self._waited = 0.0
        pool.give_back()
        wire()  # its import is no part of anybody's time on the wire
        return Attempt(row, target, asked, time.monotonic() + seconds, started=time.perf_counter())

    def _seconds(self) -> float:
        """What this attempt may take: not all that is left, while another one could follow."""
        left = self.prepared.left()
        if left < LEAST_SECONDS:
            raise self._unavailable("timeout")
        return left * SHARE if left > ENOUGH_SECONDS else left

    def _admitted(self, call_id: Any, seconds: float) -> Candidate:
        """:raises Unavailable: nobody has room, or will have in time."""
        reserve = partial(
            admission.admit,
            call_id=call_id,
            seconds=seconds,
            ceilings=budgets.applying(self.prepared.policy, self.prepared.feature.name),
            interview_id=self.prepared.interview_id,
            feature=self.prepared.feature.name,
            share=self.prepared.feature.share,
        )
        while True:
            candidates = self._candidates()
            if not candidates:
                raise self._unavailable("not_configured")
            try:
                return offering.reserved(candidates, reserve)
            except NoCount:
                raise self._unavailable("not_counted") from None
            except NoRoom as full:
                self._wait(full)

    def _candidates(self) -> list[Candidate]:
        """Those that are left, who failed already last; alone the one that is to repair its answer."""
        if self._repair:
            return self.route.to(self._repair[0], more_tokens=preparing.repair_tokens(self._repair[1]))
        left = [
            candidate
            for candidate in self.route.candidates
            if not {candidate.target.name, candidate.target.holder} & self._given_up
        ]
        return sorted(left, key=lambda candidate: self._failures.get(candidate.target.name, 0))

    def _wait(self, full: NoRoom) -> None:
        """Wait for room if it comes soon enough.

        :raises Unavailable: if it does not.
        """
        if self._repair and self._asks_another(self._repair[0]):
            return
        patience = FAILING_PATIENCE if set(full.reasons) <= offering.FAILING else self.prepared.feature.patience
        patience -= time.monotonic() - self.prepared.began
        if full.wait is None or full.wait > min(patience, self.prepared.left() - LEAST_SECONDS):
            raise self._unavailable(self._last_kind or offering.why(full))
        self._sleep(full.wait + random.uniform(0.0, 0.02))

    def _asks_another(self, full: Target) -> bool:
        """Whether somebody else is left, where the one that is to repair its answer has no room."""
        repair, self._repair = self._repair, None
        self._given_up.add(full.name)
        if self._candidates():
            return True
        self._given_up.remove(full.name)
        self._repair = repair
        return False

    # --- after a failure ------------------------------------------------------------------------

    def _after(self, attempt: Attempt, failed: Failure) -> None:
        """Decide what follows.

        :raises Unavailable: nothing does.
        """
        kind, target = failures.kind_of(failed.kind), attempt.target
        self._last_kind = failed.kind
        if self._made >= MOST_ATTEMPTS or not self.may_repeat():
            raise self._unavailable(failed.kind)
        if failed.kind == "old_key":
            return
        if failed.kind == "schema" and not self._failures.get(target.name):
            self._failures[target.name] = 1
            self._repair = (self._known(target), getattr(failed, "text", ""))
            return
        self._failures[target.name] = self._failures.get(target.name, 0) + 1
        if kind.whole_account and not kind.again:
            self._given_up.add(target.holder)
        elif not kind.again or failed.kind == "schema" or self._failures[target.name] > MOST_AT_A_TARGET:
            self._given_up.add(target.name)
        left = self._candidates()
        if not left:
            raise self._unavailable(failed.kind)
        if kind.result != "limited" and all(self._failures.get(other.target.name) for other in left):
            self._sleep(self._backoff(target))

    def _known(self, target: Target) -> Target:
        """The target as the route has it, without its key."""
        return next(one.target for one in self.route.candidates if one.target.name == target.name)

    def _backoff(self, target: Target) -> float:
        """Full jitter, but never nothing."""
        most = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** self._failures[target.name])
        return random.uniform(most / 2, most)

    def _sleep(self, seconds: float) -> None:
        if seconds > self.prepared.left() - LEAST_SECONDS:
            raise self._unavailable("timeout")
        pool.give_back()
        time.sleep(seconds)
        self._waited += seconds

    def _unavailable(self, kind: str) -> Unavailable:
        return (BadOutput if kind in BAD_OUTPUT else Unavailable)(kind, self._model_ms)


def checked(answer: Answer, schema: dict[str, Any] | None) -> dict[str, Any] | None:
    """:raises BadAnswer: schema or canary, with the usage that was paid for."""
    if canary.leaked(answer.text):
        raise BadAnswer("canary", answer.usage, answer.finish_reason)
    try:
        return answers.parse(answer.text, schema) if schema is not None else None
    except BadAnswer as error:
        raise BadAnswer(error.kind, answer.usage, answer.finish_reason, answer.text) from None


@cache
def wire() -> Any:
    """llm.wire, loaded on first use: the SDK behind it costs a second of CPU, and basic mode never needs it."""
    return import_module("llm.wire")
