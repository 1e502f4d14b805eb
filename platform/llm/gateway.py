"""The one way to a model: filters, cache, route, limits and budgets, wire, checks of the answer, ledger.

Every failure is `Unavailable` with a `kind`; no error or log line holds a prompt, an answer or a key.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from decimal import Decimal
from typing import Any, Unpack

from core import pool
from llm import (
    answers,
    attempts,
    cache,
    completions,
    flight,
    health,
    keeping,
    ledger,
    own_keys,
    own_server,
    preparing,
    registry,
    router,
)
from llm.answers import Answer, BadAnswer, Usage
from llm.attempts import Answered, Attempt, Attempts, wire
from llm.batching import submit_batch
from llm.cache import Stored
from llm.completions import Completion
from llm.failures import BadOutput, Stopped, Unavailable, WireError
from llm.hearing import Hearing
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
    "submit_batch",
    "warm",
]

SPOKEN_SHARE = 4  # an answer takes about this part of its maximum

_basic_only: ContextVar[bool] = ContextVar("llm_basic_only", default=False)
_first_models: dict[str, str] = {}

Stop = Stopped  # raised by the listener of a stream: the rest is not read, and what was said is billed


def mode(policy: TenantPolicy | None = None) -> str:
    """`model` where a provider is configured (with a policy: one that this tenant allows), else `basic`."""
    targets = registry.targets() if policy is None else _targets(policy)
    configured = any(policy is None or policy.allows(target) for target in targets)
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
    prepared = _prepared(question)
    if not prepared.feature.cache_seconds:
        return completions.of_attempt(prepared, _run(_whole(prepared, _route(prepared))))
    name, subject_id = keeping.key(prepared), prepared.subject_id
    found = _found(prepared, name)
    if found is not None:
        return found[1]
    with flight.board(name, deadline=prepared.deadline, subject_id=subject_id) as seat:
        if not seat.leads and (landed := seat.wait()) is not None:
            return completions.of_kept(prepared, landed, LlmCall.Source.SHARED)
        if not seat.leads:
            raise Unavailable("timeout")
        found = _found(prepared, name)  # an equal call may have landed just before boarding
        if found is not None:
            seat.land(found[0])
            return found[1]
        answered = _run(_whole(prepared, _route(prepared)))
        stored = keeping.stored(answered)
        cache.put(name, stored, seconds=prepared.feature.cache_seconds, subject_id=subject_id)
        seat.land(stored)
    return completions.of_attempt(prepared, answered)


def _whole(prepared: Prepared, route: Route) -> Attempts:
    """The attempts at an answer that is read as a whole."""

    def ask(attempt: Attempt) -> Answer:
        content, attempt.observed = wire().post(attempt.target, attempt.body, deadline=attempt.deadline)
        return answers.read(content)

    return Attempts(prepared, route, ask)


def _found(prepared: Prepared, name: str) -> tuple[Stored, Completion] | None:
    """What the cache holds; what breaks the schema is dropped, so that it is asked for anew."""
    kept = cache.get(name, subject_id=prepared.subject_id)
    if kept is None:
        return None
    try:
        return kept, completions.of_kept(prepared, kept, LlmCall.Source.CACHE)
    except BadOutput:
        cache.drop(name)
        return None


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
    prepared = _prepared(question)
    route = _route(prepared)
    hearing = Hearing(prepared, listen, again)
    try:
        tries = Attempts(prepared, route, hearing.ask, streamed=True, may_repeat=hearing.may_repeat)
        return completions.of_attempt(prepared, _run(tries))
    except Stop:
        return hearing.stopped()


def from_template(**question: Unpack[Unasked]) -> None:
    """Record that a template answered in a call's place: a row without cost, and what the call would have cost."""
    prepared = preparing.prepare({**question, "deadline": math.inf})
    route = router.order(_targets(prepared.policy), prepared.need)
    price = route.candidates[0].target.price if route.candidates else None
    spoken = Usage(tokens_in=prepared.need.tokens_in, tokens_out=prepared.need.tokens_out // SPOKEN_SHARE)
    ledger.record_free(prepared, LlmCall.Source.TEMPLATE, saved_usd=ledger.cost_usd(spoken, price) or Decimal(0))


def _prepared(question: Question) -> Prepared:
    """Redact and count.

    :raises Unavailable: no model may be asked, it is too long, or no time is left.
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
    return prepared


def _route(prepared: Prepared) -> Route:
    """Whom to ask, in which order.

    :raises Unavailable: nobody is configured or allowed.
    """
    route = router.order(_targets(prepared.policy), prepared.need, health.states())
    if not route.candidates:
        raise Unavailable("not_configured")
    return _with_models(route, prepared.deadline)


def _targets(policy: TenantPolicy) -> tuple[Target, ...]:
    return own_keys.over(registry.targets(), policy)


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
