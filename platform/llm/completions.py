"""What callers get: an answer of an attempt, or one that was kept."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from llm import answers, filters, ledger, settling
from llm.admission import NANO
from llm.answers import BadAnswer, Usage
from llm.attempts import Answered
from llm.cache import Stored
from llm.failures import BadOutput
from llm.models import LlmCall
from llm.preparing import Prepared


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


def of_attempt(prepared: Prepared, answered: Answered) -> Completion:
    attempt, answer = answered.attempt, answered.answer
    return Completion(
        text=filters.restore(answer.text, prepared.replaced),
        parsed=filters.restore(answered.parsed, prepared.replaced),
        model=attempt.target.model,
        usage=settling.usage_of(attempt, answer),
        model_ms=answered.model_ms,
        call_id=attempt.row.id,
        first_ms=attempt.first_ms,
    )


def of_kept(prepared: Prepared, kept: Stored, source: LlmCall.Source) -> Completion:
    """An answer that cost nothing; what it had cost is saved. One of a batch is collected, and was no hit of the cache.

    :raises BadOutput: it breaks the schema (an answer of a batch, which nobody checked yet).
    """
    try:
        parsed = answers.parse(kept.text, prepared.schema) if prepared.schema is not None else None
    except BadAnswer as error:
        raise BadOutput(error.kind) from None
    if kept.batched and source == LlmCall.Source.CACHE:
        source = LlmCall.Source.COLLECTED
    row = ledger.record_free(prepared, source, saved_usd=Decimal(kept.cost_nano) / NANO, model=kept.model)
    return Completion(
        text=filters.restore(kept.text, prepared.replaced),
        parsed=filters.restore(parsed, prepared.replaced),
        model=kept.model,
        usage=Usage(kept.tokens_in, kept.tokens_cached, kept.tokens_out),
        model_ms=0,
        call_id=row.id,
    )
