"""The ledger's side of tests.load.costs: every call goes through the gateway to a local provider, and rows are summed.

The provider counts o200k tokens and keeps prompts as an automatic prompt cache does. Two accounts are registered with
the data file's prices: one with the baseline's model alone, one with a model for each complexity. A batch cannot be
waited for here: its price is applied to the rows of ratings, unless the ledger says that they came from one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from core import clock, pool, tenancy
from llm import gateway
from llm.models import Account, LlmCall, Offer
from llm.policy import TenantPolicy
from tests.load import costs, prices, registry, tape
from tests.load.costs import Spent
from tests.load.prices import FRONTIER, ROUTED, PromptCache
from tests.load.provider import OwnProvider, Saying, Sent
from tests.load.transcripts import Transcript

BASELINE, CANDOR = "costs-baseline", "costs-candor"
QUALITIES = {"simple": Offer.Quality.SMALL, "medium": Offer.Quality.MEDIUM, "complex": Offer.Quality.STRONG}
MAX_TOKENS = 1000


class Answers:
    """What the provider says: the answer of the call under way, and what it had of the prompt before."""

    def __init__(self) -> None:
        self.text, self.way = "", ""
        self._caches: dict[tuple[str, str], PromptCache] = {}

    def __call__(self, request: Sent) -> Saying:
        cache = self._caches.setdefault((self.way, str(request["model"])), PromptCache())
        return Saying(self.text, cache.look(request["messages"]))


@dataclass(slots=True)
class Runs:
    """Interviews held in one way or another; each way has ids of its own, by which the ledger is summed."""

    answers: Answers
    schema: str
    reads: bool  # whether the gateway reads the registry; if not, rows are priced by their complexity
    refused: int = 0

    def policy(self, account: str) -> TenantPolicy:
        return TenantPolicy(schema=self.schema, providers=frozenset({account}) if self.reads else frozenset())

    def candor(self, transcript: Transcript, way: str) -> None:
        """As Candor's services ask."""
        policy, own = self.policy(CANDOR), _id(transcript, way)
        self.answers.text, self.answers.way = tape.reply(), way
        for context in transcript.contexts():
            said = tape.ask_turn(replace(context, interview_id=own), policy)
            self.refused += not said
            pool.give_back()
        self.answers.text = tape.rating(transcript)
        tape.ask_rating(transcript, policy, own)

    def turns(self, transcript: Transcript, way: str) -> None:
        """Every turn asked of a model."""
        self.answers.text, self.answers.way = tape.reply(), way
        for context in transcript.contexts():
            tape.model_turn(replace(context, interview_id=_id(transcript, way)), self.policy(CANDOR))
            pool.give_back()

    def long(self, transcript: Transcript, way: str, account: str) -> None:
        """The baseline's prompts, at this account."""
        for call in tape.of_baseline(transcript):
            self.answers.text, self.answers.way = call.answer, way
            gateway.complete(
                feature=tape.RATING,  # whose caps are wide enough for every long prompt
                policy=self.policy(account),
                messages=call.body["messages"],
                complexity="complex" if account == BASELINE else call.complexity,
                max_tokens=MAX_TOKENS,
                deadline=tape.deadline(),
                interview_id=_id(transcript, f"{way} {call.feature}"),
                prompt_version=f"{way}.v1",  # or the exact cache would answer the second way from the first
            )
            pool.give_back()


def compared(found: list[Transcript], routed: dict[str, str]) -> dict[str, Any]:
    """As costs.compared, from the ledger."""
    with _provided(routed) as (answers, schema, reads):
        runs = Runs(answers, schema, reads)
        for transcript in found:
            runs.long(transcript, "baseline", BASELINE)
            runs.candor(transcript, "candor")
            runs.long(transcript, "long", CANDOR)
            runs.turns(transcript, "turns")
        return _summed(found, runs, routed)


def _summed(found: list[Transcript], runs: Runs, routed: dict[str, str]) -> dict[str, Any]:
    candor, long = _rows(found, "candor"), _rows_of_long(found, "long")
    base, turns = _rows_of_long(found, "baseline"), _rows(found, "turns")
    ratings = [(row, feature) for row, feature in candor if feature == tape.RATING]
    asked = sum(feature == tape.TURN for _, feature in candor)
    kept = [pair for pair in long if pair[1] == tape.RATING]
    kept += [pair for pair in long if pair[1] == tape.TURN][: asked or None]
    one_model = dict.fromkeys(routed, FRONTIER)

    def spent(rows: list[tuple[LlmCall, str]], models: dict[str, str] | None = None, **how: bool) -> Spent:
        return _spent(rows, models or ({} if runs.reads else routed), **how)

    rows = {
        "baseline": spent(base, one_model, cache=False, batch=False),
        "baseline_cached": spent(base, one_model, batch=False),
        "candor": spent(candor),
        "without_routing": spent(candor, one_model),
        "without_prompt": spent(kept),
        "without_cache": spent(candor, routed, cache=False),
        "without_templates": spent([*turns, *ratings]),
        "without_batch": spent(candor, batch=False),
    }
    every = [row for row, _ in [*candor, *long, *base, *turns]]
    return costs.summed(found, "ledger", rows) | {
        "unsettled": sum(row.settled_at is None for row in every),
        "failed": sum(bool(row.error_kind) for row in every),
        "unpriced": sum(row.cost_usd is None for row in every),
        "refused": runs.refused,
    }


def _spent(rows: list[tuple[LlmCall, str]], models: dict[str, str], *, cache: bool = True, batch: bool = True) -> Spent:
    """:param models: complexity -> the model to price by; without it the ledger's own costs count."""
    spent = Spent()
    for row, feature in rows:
        cached = row.tokens_cached if cache else 0
        usd = row.cost_usd or Decimal(0)
        price = prices.of(models[row.complexity] if models else _model(row))
        if models and row.tokens_in:
            usd = price.cost_usd(tokens_in=row.tokens_in, tokens_cached=cached, tokens_out=row.tokens_out)
        if feature == tape.RATING and batch and row.source != LlmCall.Source.BATCH:
            usd *= price.batch_factor
        spent.add(feature, (row.tokens_in, cached, row.tokens_out), usd)
    return spent


def _model(row: LlmCall) -> str:
    return row.model or ROUTED[row.complexity]


def _rows(found: list[Transcript], way: str) -> list[tuple[LlmCall, str]]:
    """The ledger's rows of these interviews, each with what it was for."""
    ids = [_id(transcript, way) for transcript in found]
    with tenancy.enter_platform():
        return [(row, row.feature) for row in LlmCall.objects.filter(interview_id__in=ids)]


def _rows_of_long(found: list[Transcript], way: str) -> list[tuple[LlmCall, str]]:
    """The baseline's prompts were all asked for under one feature: their ids tell turns from ratings."""
    return [(row, feature) for feature in (tape.TURN, tape.RATING) for row, _ in _rows(found, f"{way} {feature}")]


def _id(transcript: Transcript, way: str) -> UUID:
    return uuid5(NAMESPACE_OID, f"{way} {transcript.name}")


@contextmanager
def _provided(routed: dict[str, str]) -> Iterator[tuple[Answers, str, bool]]:
    """A provider with both accounts; the answers it gives, the tenant's schema, whether the gateway reads the rows."""
    answers = Answers()
    with OwnProvider(answers) as own, tenancy.enter_platform():
        _install(own.url, routed)
        reads = registry.use(own.url, CANDOR)
        yield answers, "public", reads


def _install(base: str, routed: dict[str, str]) -> None:
    Account.objects.exclude(label__in=(BASELINE, CANDOR)).update(is_enabled=False)
    for label in (BASELINE, CANDOR):
        fields = {"provider": label, "base_url": f"{base}/{label}/v1", "key_source": "none:", "is_enabled": True}
        account, _ = Account.objects.update_or_create(
            label=label, defaults=fields | {"verified_at": clock.now().date()}
        )
        models = {FRONTIER: Offer.Quality.FRONTIER} if label == BASELINE else _best(routed)
        for model, quality in models.items():
            registry.offer(account, model, quality, _price(model))


def _best(routed: dict[str, str]) -> dict[str, Offer.Quality]:
    """Each model with the highest complexity it is meant for."""
    return {model: QUALITIES[complexity] for complexity, model in routed.items()}


def _price(model: str) -> tuple[str, str, str, str]:
    price = prices.of(model)
    return str(price.fresh), str(price.cached), str(price.out), str(price.batch_factor)
