"""The ledger's side of tests.load.costs: every call goes through the gateway to a local provider, and rows are summed.

The provider counts o200k tokens and keeps prompts as an automatic prompt cache does. It stands for the baseline's
model, for one vendor with a model for each complexity, and for every paid account of the data file, which the router
chooses from by itself; prices are the file's. Limits of accounts are lifted, because days are played in minutes. A
batch cannot be waited for here: its price is applied to the rows of ratings, unless the ledger says that they came
from one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from core import clock, pool, tenancy
from interviews.services.simulation import setup
from llm import gateway, writer
from llm.models import Account, LlmCall, Offer
from llm.policy import TenantPolicy
from tests.load import costs, prices, registry, tape
from tests.load.costs import Spent
from tests.load.prices import FRONTIER, PromptCache
from tests.load.provider import OwnProvider, Saying, Sent
from tests.load.transcripts import Transcript
from tests.mock_answers import properties

TENANT, OTHER_TENANT = "costs", "costs-vendor"
BASELINE, VENDOR, ANY = "costs-baseline", "costs-vendor", "any"
LIMITS = (
    "requests_per_minute",
    "requests_per_day",
    "tokens_per_minute",
    "tokens_per_day",
    "in_flight",
)  # the last is an account's only
QUALITIES = {"simple": Offer.Quality.SMALL, "medium": Offer.Quality.MEDIUM, "complex": Offer.Quality.STRONG}
MAX_TOKENS = 1000


class Answers:
    """What the provider says: the answer of the call under way, and what it had of the prompt before."""

    def __init__(self) -> None:
        self.text, self.way = "", ""
        self.rates: Transcript | None = None  # then what is said has the keys that were asked for
        self._caches: dict[tuple[str, str], PromptCache] = {}

    def __call__(self, request: Sent) -> Saying:
        cache = self._caches.setdefault((self.way, str(request["model"])), PromptCache())
        text = tape.rating(self.rates, properties(request)) if self.rates else self.text
        return Saying(text, cache.look(request["messages"]))


@dataclass(slots=True)
class Runs:
    """Interviews held in one way or another; each way has ids of its own, by which the ledger is summed."""

    answers: Answers
    refused: int = 0

    def policy(self, provider: str) -> TenantPolicy:
        return TenantPolicy(
            schema=tenancy.schema(), providers=prices.paid() if provider == ANY else frozenset({provider})
        )

    def candor(self, transcript: Transcript, way: str, provider: str = ANY) -> None:
        """As Candor's services ask."""
        policy, own = self.policy(provider), _id(transcript, way)
        self.answers.text, self.answers.way = tape.reply(), way
        for context in transcript.contexts():
            said = tape.ask_turn(replace(context, interview_id=own), policy)
            self.refused += not said
            pool.give_back()
        self.answers.rates = transcript
        tape.ask_rating(transcript, policy, own)
        self.answers.rates = None

    def turns(self, transcript: Transcript, way: str) -> None:
        """Every turn asked of a model."""
        self.answers.text, self.answers.way = tape.reply(), way
        for context in transcript.contexts():
            tape.model_turn(replace(context, interview_id=_id(transcript, way)), self.policy(ANY))
            pool.give_back()

    def long(self, transcript: Transcript, way: str, provider: str) -> None:
        """The baseline's prompts, at this provider."""
        for call in tape.of_baseline(transcript):
            self.answers.text, self.answers.way = call.answer, way
            gateway.complete(
                feature=tape.RATING,  # whose caps are wide enough for every long prompt
                policy=self.policy(provider),
                messages=call.body["messages"],
                complexity="complex" if provider == BASELINE else call.complexity,
                max_tokens=MAX_TOKENS,
                deadline=tape.deadline(),
                interview_id=_id(transcript, f"{way} {call.feature}"),
                prompt_version=f"{way}.v1",  # or the exact cache would answer the second way from the first
            )
            pool.give_back()


def compared(found: list[Transcript], routed: dict[str, str]) -> dict[str, Any]:
    """As costs.compared, from the ledger; `vendor` is Candor with one vendor's models (`routed`)."""
    with _provided(routed) as answers:
        runs = Runs(answers)
        for transcript in found:
            with _tenant(TENANT):
                runs.long(transcript, "baseline", BASELINE)
                runs.candor(transcript, "candor")
                runs.long(transcript, "long", ANY)
                runs.turns(transcript, "turns")
            with _tenant(OTHER_TENANT):  # or the exact cache would answer from the first one's
                runs.candor(transcript, "vendor", VENDOR)
        assert writer.flush()
        return _summed(found, runs)


def _summed(found: list[Transcript], runs: Runs) -> dict[str, Any]:
    candor, long = _rows(found, "candor"), _rows_of_long(found, "long")
    base, turns, vendor = _rows_of_long(found, "baseline"), _rows(found, "turns"), _rows(found, "vendor")
    ratings = [(row, feature) for row, feature in candor if feature == tape.RATING]
    asked = sum(feature == tape.TURN for _, feature in candor)
    kept = [pair for pair in long if pair[1] == tape.RATING]
    kept += [pair for pair in long if pair[1] == tape.TURN][: asked or None]
    rows = {
        "baseline": _spent(base, FRONTIER, cache=False, batch=False),
        "baseline_cached": _spent(base, FRONTIER, batch=False),
        "candor": _spent(candor),
        "vendor": _spent(vendor),
        "without_routing": _spent(candor, FRONTIER),
        "without_prompt": _spent(kept),
        "without_cache": _spent(candor, cache=False),
        "without_templates": _spent([*turns, *ratings]),
        "without_batch": _spent(candor, batch=False),
    }
    every = [row for row, _ in [*candor, *long, *base, *turns, *vendor]]
    return costs.summed(found, "ledger", rows) | {
        "models": sorted({f"{row.complexity}: {row.model} at {row.provider}" for row, _ in candor if row.model}),
        "unsettled": sum(row.settled_at is None for row in every),
        "failed": sum(bool(row.error_kind) for row in every),
        "unpriced": sum(row.cost_usd is None for row in every),
        "refused": runs.refused,
    }


def _spent(rows: list[tuple[LlmCall, str]], model: str = "", *, cache: bool = True, batch: bool = True) -> Spent:
    """:param model: the one to price by; without it the ledger's own costs count."""
    spent = Spent()
    for row, feature in rows:
        cached = row.tokens_cached if cache else 0
        usd, price = row.cost_usd or Decimal(0), prices.of(model or row.model) if row.tokens_in else None
        if price and (model or not cache):
            usd = price.cost_usd(tokens_in=row.tokens_in, tokens_cached=cached, tokens_out=row.tokens_out)
        if price and feature == tape.RATING and batch and row.source != LlmCall.Source.BATCH:
            usd *= price.batch_factor
        spent.add(feature, (row.tokens_in, cached, row.tokens_out), usd)
    return spent


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
def _provided(routed: dict[str, str]) -> Iterator[Answers]:
    """A provider in everybody's place."""
    answers = Answers()
    with OwnProvider(answers) as own:
        with tenancy.enter_platform():
            _install(own.url, routed)
        assert registry.use(own.url, VENDOR), "The gateway reads no registry: is a server of your own configured?"
        yield answers


@contextmanager
def _tenant(name: str) -> Iterator[None]:
    """Inside this tenant, with no connection held from the start."""
    with tenancy.enter(setup.schema_of(setup.ensure_tenant(name))):
        pool.give_back()
        yield


def _install(base: str, routed: dict[str, str]) -> None:
    Account.objects.exclude(provider__in=prices.paid()).update(is_enabled=False)
    for account in Account.objects.filter(provider__in=prices.paid()):
        changes = {"base_url": f"{base}/{account.label}/v1", "key_source": "none:", "is_enabled": True}
        Account.objects.filter(pk=account.pk).update(**changes, **dict.fromkeys(LIMITS))
        account.offers.update(**dict.fromkeys(LIMITS[:-1]))
    for label in (BASELINE, VENDOR):
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
