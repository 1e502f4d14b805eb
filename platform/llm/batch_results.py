"""What a provider's batch came to, row by row: a good row's answer is kept, every row has one line in the ledger."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from core import clock, rows
from llm import batch_money, canary, features, metrics, own_alerts, own_budgets
from llm.answers import Answer, BadAnswer, Usage, read
from llm.models import Batch, BatchItem, LlmCall
from llm.settling import CHARACTERS_A_TOKEN, believed
from llm.targets import Target

LONGEST_MS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Kept:
    """A good answer as it is handed on; somebody waits for it until `deadline_at`."""

    feature: str
    cache_key: str
    subject_id: UUID | None
    text: str
    model: str
    finish_reason: str
    usage: Usage
    deadline_at: datetime


Store = Callable[[Kept], None]


def take(batch: Batch, target: Target, lines: bytes, store: Store) -> None:
    """Go through the lines of an output or error file; lines of nobody, and those taken before, are passed over."""
    waiting = {str(item.pk): item for item in batch.items.filter(status=BatchItem.Status.WAITING).defer("body")}
    for line in lines.splitlines():
        row = _parsed(line)
        item = waiting.pop(str(row.get("custom_id")), None)
        if item is not None:
            _take(batch, item, target, row, store)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def _take(batch: Batch, item: BatchItem, target: Target, row: dict[str, Any], store: Store) -> None:
    try:
        answer = _answer(row, batch.canary)
    except BadAnswer as error:
        _record(batch, item, target, _counted(batch, error.usage) or Usage(), error.finish_reason, error.kind)
        return
    told = _counted(batch, answer.usage)
    usage = told or Usage(tokens_out=len(answer.text) // CHARACTERS_A_TOKEN)
    # Before its row: a crash between the two stores the same answer again, and its cost is counted once.
    store(
        Kept(
            feature=batch.feature,
            cache_key=item.cache_key,
            subject_id=batch.subject_id,
            text=answer.text,
            model=target.model,
            finish_reason=answer.finish_reason,
            usage=usage,
            deadline_at=batch.deadline_at,
        )
    )
    _record(batch, item, target, usage, answer.finish_reason, estimated=told is None)


def _counted(batch: Batch, usage: Usage | None) -> Usage | None:
    feature = features.named(batch.feature)
    return believed(usage, sent=feature.most_in, asked=feature.most_out)


def _answer(row: dict[str, Any], word: str) -> Answer:
    """:raises BadAnswer: rejected, server_error, canary, and as llm.answers.read does."""
    response = row.get("response")
    status = response.get("status_code") if isinstance(response, dict) else None
    if row.get("error") or not isinstance(response, dict) or status != 200:
        raise BadAnswer("server_error" if isinstance(status, int) and status >= 500 else "rejected")
    answer = read(json.dumps(response.get("body")).encode())
    if word and canary.leaked(answer.text, word):
        raise BadAnswer("canary", answer.usage, answer.finish_reason)
    return answer


def _record(
    batch: Batch,
    item: BatchItem,
    target: Target,
    usage: Usage,
    finish_reason: str,
    error: str = "",
    *,
    estimated: bool = False,
) -> None:
    """The item's end and its line in the ledger, both or neither; nothing if another worker was first."""
    status = BatchItem.Status.FAILED if error else BatchItem.Status.ANSWERED
    with transaction.atomic():
        waiting = {"id": item.pk, "status": BatchItem.Status.WAITING}
        if not rows.update(BatchItem, {"status": status, "error": error, "body": None}, where=waiting):
            return
        rows.insert(_call(batch, item, target, usage, finish_reason, error, estimated))
    batch_money.spend(batch.owner_id, _cost_usd(target, usage))
    own_alerts.watch(batch.tenant, own_budgets.over(batch.tenant, batch.group_id))
    metrics.batch_items.labels(batch.feature, error or "ok").inc()


def _call(
    batch: Batch, item: BatchItem, target: Target, usage: Usage, finish_reason: str, error: str, estimated: bool
) -> LlmCall:
    now = clock.now()
    cost = _cost_usd(target, usage)
    live = target.price.cost_usd(**_tokens(usage)) if target.price else Decimal(0)
    return LlmCall(
        created_at=now,
        request_id=item.pk,
        tenant=batch.tenant,
        feature=batch.feature,
        interview_id=batch.interview_id,
        group_id=batch.group_id,
        provider=target.provider,
        account=target.account,
        model=target.model,
        complexity=features.named(batch.feature).complexity,
        prompt_version=batch.prompt_version,
        price_version=target.price_version,
        source=LlmCall.Source.BATCH,
        own_key=batch.own_key,
        attempt=0,  # no request: that is counted when its owner asks
        **_tokens(usage),
        tokens_estimated=estimated,
        cost_usd=cost,
        saved_usd=live - (cost or Decimal(0)),
        latency_ms=min(round((now - batch.created_at).total_seconds() * 1000), LONGEST_MS),
        finish_reason=finish_reason,
        error_kind=error,
        settled_at=now,
    )


def _cost_usd(target: Target, usage: Usage) -> Decimal | None:
    if usage == Usage():
        return Decimal(0)
    if target.price is None:
        return None
    return target.price.cost_usd(**_tokens(usage)) * target.price.batch_factor


def _tokens(usage: Usage) -> dict[str, int]:
    return {"tokens_in": usage.tokens_in, "tokens_cached": usage.cached, "tokens_out": usage.tokens_out}
