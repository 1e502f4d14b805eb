"""Questions that can wait: prepared as every other, then owed to a batch API where that costs less."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core import clock, pool
from llm import (
    batch_money,
    batches,
    cache,
    features,
    health,
    keeping,
    own_keys,
    preparing,
    registry,
    router,
    target_keys,
)
from llm.admission import Candidate
from llm.batches import BatchRequest, Kept, NotBatchable
from llm.cache import Stored
from llm.models import Batch
from llm.policy import TenantPolicy
from llm.preparing import Prepared, Unasked
from llm.router import Need
from llm.targets import COMPLEXITIES, Target

OWNERS_TIME = timedelta(hours=1)  # after the deadline, in which the owner still finds what was answered


def submit_batch(
    questions: Sequence[Unasked], *, owner_kind: str, owner_id: UUID, deadline_at: datetime
) -> Batch | None:
    """Owe one batch of these questions; `complete`, asked the very same, finds the answers until after the deadline.

    They are of one feature, policy, interview, person and prompt version. The owner's due row (`owner_kind`) should
    stand at the deadline; it falls due at once when the batch is over.

    :returns: None where they are to be asked live: no account that may be asked has batches of the wanted quality, a
        live call costs no more, one of them is too long, or a budget has not so much left.
    :raises NotBatchable: the feature never waits, they differ, or are too many; nothing was written.
    """
    if not questions:
        return None
    policy = _same(questions)
    try:
        prepared = [preparing.prepare({**question, "deadline": math.inf}) for question in questions]
    except preparing.TooLong:
        return None
    chosen = _cheapest(own_keys.over(registry.targets(), policy), _widest(prepared))
    if chosen is None or not _reserved(chosen, prepared, owner_id):
        return None
    first = prepared[0]
    return batches.submit(
        policy=policy,
        target=chosen.target,
        feature=first.feature.name,
        owner_kind=owner_kind,
        owner_id=owner_id,
        requests=[_request(chosen.target, one) for one in prepared],
        deadline_at=deadline_at,
        interview_id=first.interview_id,
        subject_id=first.subject_id,
        prompt_version=first.prompt_version,
    )


def find_target(batch: Batch) -> Target | None:
    """Where the batch is, with its key; None if the registry uses the place no more.

    :raises WireError: there is no key now.
    """
    policy = TenantPolicy(schema=batch.tenant, own_keys=batch.own_key)
    targets = own_keys.over(registry.targets(), policy)
    places = [
        target
        for target in targets
        if (target.account, target.model, bool(target.own_key_of)) == (batch.account, batch.model, batch.own_key)
    ]
    if not places:
        return None
    pool.give_back()  # its key may have to be asked for
    return target_keys.with_key(places[0])


def store(kept: Kept) -> None:
    """Keep a batch's answer where `complete` looks for it."""
    wanted = kept.deadline_at + OWNERS_TIME - clock.now()
    answer = Stored(
        text=kept.text,
        model=kept.model,
        finish_reason=kept.finish_reason,
        tokens_in=kept.usage.tokens_in,
        tokens_cached=kept.usage.cached,
        tokens_out=kept.usage.tokens_out,
        cost_nano=0,  # whoever finds it saves nothing more: it was paid for, and the batch's row says what that saved
        batched=True,
    )
    seconds = max(features.named(kept.feature).cache_seconds, math.ceil(wanted.total_seconds()))
    cache.put(kept.cache_key, answer, seconds=seconds, subject_id=kept.subject_id)


def _same(questions: Sequence[Unasked]) -> TenantPolicy:
    """The policy of all of them.

    :raises NotBatchable: they differ in what a batch has one of, or never wait.
    """
    shared = [_of_a_batch(question) for question in questions]
    feature = features.named(questions[0]["feature"])
    if not feature.batch or len(questions) > batches.MOST_REQUESTS or any(one != shared[0] for one in shared):
        raise NotBatchable(f"{len(questions)} questions of {feature.name}")
    return questions[0]["policy"]


def _of_a_batch(question: Unasked) -> tuple[Any, ...]:
    names = ("feature", "policy", "interview_id", "subject_id", "prompt_version")
    return tuple(question.get(name) for name in names)


def _widest(prepared: Sequence[Prepared]) -> Need:
    """A need that holds every one of them."""
    return replace(
        max((one.need for one in prepared), key=lambda need: COMPLEXITIES[need.complexity]),
        tokens_in=max(one.need.tokens_in for one in prepared),
        tokens_out=max(one.need.tokens_out for one in prepared),
        quality=max(one.need.quality for one in prepared),
    )


def _cheapest(targets: Sequence[Target], need: Need) -> Candidate | None:
    """Where a batch costs least, at its price, if that is less than asking live; never at a lower quality."""
    states = health.states()
    live = router.order(targets, need, states)
    batched = router.order(targets, replace(need, batch=True), states)
    priced = [replace(one, cost_nano=_at_batch_price(one)) for one in batched.candidates]
    if not priced or (batched.below and not live.below):
        return None
    chosen = min(priced, key=lambda one: (states.get(one.target.holder, router.CLOSED), one.cost_nano))
    return chosen if chosen.cost_nano < live.candidates[0].cost_nano else None


def _at_batch_price(candidate: Candidate) -> int:
    price = candidate.target.price
    return math.ceil(candidate.cost_nano * price.batch_factor) if price else 0


def _reserved(chosen: Candidate, prepared: Sequence[Prepared], owner_id: UUID) -> bool:
    first, most = prepared[0], chosen.cost_nano * len(prepared)
    return batch_money.reserve(owner_id, policy=first.policy, feature=first.feature.name, cost_nano=most)


def _request(target: Target, prepared: Prepared) -> BatchRequest:
    messages = preparing.outgoing(prepared)
    return BatchRequest(keeping.key(prepared), preparing.body(target, messages, prepared))
