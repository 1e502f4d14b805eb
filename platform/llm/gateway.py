"""The one way to a model: filters, cache, route, limits and budgets, wire, checks of the answer, ledger.

Every failure is `Unavailable` with a `kind`; no error or log line holds a prompt, an answer or a key.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any, Unpack
from uuid import UUID

from core import pool
from llm import (
    answers,
    attempts,
    cache,
    canary,
    filters,
    flight,
    health,
    keeping,
    ledger,
    metrics,
    own_keys,
    own_server,
    preparing,
    registry,
    router,
    settling,
    streams,
)
from llm.admission import NANO
from llm.answers import Answer, BadAnswer, Usage
from llm.attempts import Answered, Attempt, Attempts, BadOutput, Unavailable, wire
from llm.cache import Stored
from llm.failures import WireError
from llm.models import LlmCall
from llm.policy import TenantPolicy
from llm.preparing import Prepared, Question, Unasked
from llm.router import Route
from llm.targets import Target

__all__ = [
    "BadOutput",
    "Completion",
    "Question",
    "Stop",
    "Unavailable",
    "basic_only",
    "complete",
    "from_template",
    "mode",
    "stream",
    "warm",
]

SPOKEN_SHARE = 4  # an answer takes about this part of its maximum

_basic_only: ContextVar[bool] = ContextVar("llm_basic_only", default=False)
_first_models: dict[str, str] = {}

Stop = attempts.Stopped  # raised by the listener of a stream: the rest is not read, and what was said is billed


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer. `parsed` is None where no schema was asked for, or its listener stopped it.

    `model_ms` is the time on the wire, `first_ms` the time until the first words of a stream.
    """

    text: str
    parsed: dict[str, Any] | None
    model: str
    usage: Usage
    model_ms: int
    call_id: UUID
    first_ms: int = 0


def mode(policy: TenantPolicy | None = None) -> str:
    """`model` where a provider is configured (with a policy: one that this tenant allows), else `basic`."""
    configured = any(policy is None or policy.allows(target) for target in registry.targets())
    return "model" if configured and not _basic_only.get() else "basic"


@contextmanager
def basic_only() -> Iterator[None]:
    """No model inside this block, whatever is configured (demo data)."""
    token = _basic_only.set(True)
    try:
        yield
    finally:
        _basic_only.reset(token)


def warm() -> None:
    """Load the provider's SDK before the first call, where one will be made."""
    if mode() == "model":
        wire()


def complete(**question: Unpack[Question]) -> Completion:
    """Ask for one answer. No database connection is held meanwhile.

    :raises Unavailable: with the reason in `kind`; BadOutput if the answer broke the schema or the canary leaked.
    :raises core.pool.HeldDuringCall: inside a transaction; nothing was sent.
    """
    prepared, route = _prepared(question)
    if not prepared.feature.cache_seconds:
        return _completion(prepared, _run(_whole(prepared, route)))
    name, subject_id = keeping.key(prepared), prepared.subject_id
    kept = cache.get(name, subject_id=subject_id)
    if kept is not None:
        return _from_kept(prepared, kept, LlmCall.Source.CACHE)
    with flight.board(name, deadline=prepared.deadline, subject_id=subject_id) as seat:
        if not seat.leads and (landed := seat.wait()) is not None:
            return _from_kept(prepared, landed, LlmCall.Source.SHARED)
        if not seat.leads:
            raise Unavailable("timeout")
        kept = cache.get(name, subject_id=subject_id)  # an equal call may have landed just before boarding
        if kept is not None:
            seat.land(kept)
            return _from_kept(prepared, kept, LlmCall.Source.CACHE)
        answered = _run(_whole(prepared, route))
        stored = keeping.stored(answered)
        cache.put(name, stored, seconds=prepared.feature.cache_seconds, subject_id=subject_id)
        seat.land(stored)
    return _completion(prepared, answered)


def _whole(prepared: Prepared, route: Route) -> Attempts:
    """The attempts at an answer that is read as a whole."""

    def ask(attempt: Attempt) -> Answer:
        content, attempt.observed = wire().post(attempt.target, attempt.body, deadline=attempt.deadline)
        return answers.read(content)

    return Attempts(prepared, route, ask)


def _from_kept(prepared: Prepared, kept: Stored, source: LlmCall.Source) -> Completion:
    """An answer that cost nothing; what it had cost is saved.

    :raises BadOutput: it breaks the schema (an answer of a batch, which nobody checked yet).
    """
    try:
        parsed = answers.parse(kept.text, prepared.schema) if prepared.schema is not None else None
    except BadAnswer as error:
        raise BadOutput(error.kind) from None
    row = ledger.record_free(prepared, source, saved_usd=Decimal(kept.cost_nano) / NANO, model=kept.model)
    return Completion(
        text=filters.restore(kept.text, prepared.replaced),
        parsed=filters.restore(parsed, prepared.replaced),
        model=kept.model,
        usage=Usage(kept.tokens_in, kept.tokens_cached, kept.tokens_out),
        model_ms=0,
        call_id=row.id,
    )


def stream(
    listen: Callable[[dict[str, Any]], None],
    *,
    again: Callable[[], None] | None = None,
    **question: Unpack[Question],
) -> Completion:
    """Ask for one answer and let `listen` hear its object grow; its last text may end in the middle.

    What `listen` hears was not validated as a whole: the returned completion was. It may raise Stop. When an attempt
    fails in the middle of its words, `again` is called and another one begins anew; without `again` none does.

    :raises Unavailable, BadOutput, core.pool.HeldDuringCall: as `complete` does.
    """
    prepared, route = _prepared(question)
    hearing = _Hearing(prepared, listen, again)
    try:
        return _completion(prepared, _run(Attempts(prepared, route, hearing.ask, True, hearing.may_repeat)))
    except Stop:
        return hearing.stopped()


def from_template(**question: Unpack[Unasked]) -> None:
    """Record that a template answered in a call's place: a row without cost, and what the call would have cost."""
    prepared = preparing.prepare({**question, "deadline": math.inf})
    route = router.order(_targets(prepared.policy), prepared.need)
    price = route.candidates[0].target.price if route.candidates else None
    spoken = Usage(tokens_in=prepared.need.tokens_in, tokens_out=prepared.need.tokens_out // SPOKEN_SHARE)
    ledger.record_free(prepared, LlmCall.Source.TEMPLATE, saved_usd=ledger.cost_usd(spoken, price) or Decimal(0))


class _Hearing:
    """The listener of a stream, through all attempts at it."""

    def __init__(
        self, prepared: Prepared, listen: Callable[[dict[str, Any]], None], again: Callable[[], None] | None
    ) -> None:
        self._prepared, self._listen, self._again = prepared, listen, again
        self._spoke = False
        self._last: tuple[Attempt, streams.Reader] | None = None

    def ask(self, attempt: Attempt) -> Answer:
        if self._spoke and self._again is not None:
            self._again()
            self._spoke = False
        reader = streams.Reader(partial(self._heard, attempt))
        self._last = attempt, reader
        attempt.observed = wire().stream(attempt.target, attempt.body, deadline=attempt.deadline, feed=reader.feed)
        return reader.end()

    def may_repeat(self) -> bool:
        return self._again is not None or not self._spoke

    def stopped(self) -> Completion:
        """What was heard until the listener stopped it."""
        assert self._last is not None
        attempt, reader = self._last
        answer = reader.so_far()
        return _completion(self._prepared, Answered(attempt, answer, None, attempt.settle(answer=answer)))

    def _heard(self, attempt: Attempt, text: str) -> None:
        """:raises BadAnswer: canary; whatever `listen` raises."""
        if not attempt.first_ms:
            seconds = time.perf_counter() - attempt.started
            attempt.first_ms = max(1, round(seconds * 1000))
            metrics.first_token_seconds.labels(attempt.target.provider).observe(seconds)
        if canary.leaked(text):
            raise BadAnswer("canary")
        found = answers.growing(text)
        if found:
            self._spoke = True
            self._listen(filters.restore(found, self._prepared.replaced))


def _prepared(question: Question) -> tuple[Prepared, Route]:
    """Redact, count, choose whom to ask.

    :raises Unavailable: nobody is configured or allowed, it is too long, or no time is left.
    """
    pool.refuse_if_held()
    if _basic_only.get():
        raise Unavailable("not_configured")
    try:
        prepared = preparing.prepare(question)
    except preparing.TooLong as error:
        raise Unavailable("too_long") from error
    if prepared.left() < attempts.LEAST_SECONDS:
        raise Unavailable("timeout")
    route = router.order(_targets(prepared.policy), prepared.need, health.states())
    if not route.candidates:
        raise Unavailable("not_configured")
    return prepared, _with_models(route, prepared.deadline)


def _targets(policy: TenantPolicy) -> tuple[Target, ...]:
    """The registry's; a key of the tenant's own wins where it has one."""
    found = registry.targets()
    own = own_keys.of(policy.schema) if policy.own_keys else {}
    if not own:
        return found
    return tuple(
        target.with_own_key(policy.schema, own[target.account]) if target.account in own else target for target in found
    )


def _with_models(route: Route, deadline: float) -> Route:
    """The route, with the name of the first model where a server's own choice is asked for."""
    if all(candidate.target.model for candidate in route.candidates):
        return route
    named = [
        candidate
        if candidate.target.model
        else replace(candidate, target=replace(candidate.target, model=_first_model(candidate.target, deadline)))
        for candidate in route.candidates
    ]
    return replace(route, candidates=tuple(named))


def _first_model(target: Target, deadline: float) -> str:
    """The first model an own server offers, asked once.

    :raises Unavailable: if it can't be asked, or offers none for conversations.
    """
    if target.base_url not in _first_models:
        pool.give_back()
        try:
            names = answers.model_names(wire().get_models(target, deadline=deadline))
        except (WireError, BadAnswer) as error:
            raise Unavailable(error.kind) from None
        fit = [name for name in names if not any(part in name.lower() for part in own_server.not_for_chat())]
        if not fit:
            raise Unavailable("not_found")
        _first_models[target.base_url] = fit[0]
    return _first_models[target.base_url]


def _run(tries: Attempts) -> Answered:
    try:
        return tries.run()
    except Unavailable as error:
        if error.kind == "not_found":
            _first_models.clear()  # a server may offer another model now
        raise


def _completion(prepared: Prepared, answered: Answered) -> Completion:
    attempt, answer = answered.attempt, answered.answer
    return Completion(
        text=filters.restore(answer.text, prepared.replaced),
        parsed=filters.restore(answered.parsed, prepared.replaced),
        model=attempt.target.model,
        usage=answer.usage or settling.estimate(attempt.body, answer),
        model_ms=answered.model_ms,
        call_id=attempt.row.id,
        first_ms=attempt.first_ms,
    )
