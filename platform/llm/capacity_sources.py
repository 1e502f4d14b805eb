"""Where capacity's figures come from: the registry's tables, the ledger, and data/capacity_assumptions.json."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from core import clock
from llm import credentials, features
from llm.capacity_rows import NO_LIMITS, Facts, Flag, Model, Part, Row
from llm.capacity_table import WHY_TRAINS
from llm.models import Account, LlmCall, Offer
from llm.targets import COMPLEXITIES, STRONG, Limits, Price

ASSUMPTIONS = Path(__file__).parent / "data" / "capacity_assumptions.json"
LEAST_INTERVIEWS = 20
DAYS = 30
ASKED = (LlmCall.Source.PROVIDER, LlmCall.Source.BATCH)  # the sources that take something of a limit
HITS = (LlmCall.Source.TEMPLATE, LlmCall.Source.CACHE, LlmCall.Source.SHARED)


@dataclass(frozen=True, slots=True)
class Workload:
    """What an interview asks for. `interviews` were found in the ledger (None: it cannot be read); `hit_rates` are
    parts of all answers."""

    parts: tuple[Part, ...]
    hit_rates: Mapping[str, Fraction]
    facts: Facts
    interviews: int | None
    is_measured: bool
    why: tuple[str, ...]  # what is assumed, in sentences


def workload() -> Workload:
    """Measured over the last 30 days where these hold 20 interviews, otherwise assumed."""
    calls = LlmCall.objects.filter(created_at__gte=clock.now() - timedelta(days=DAYS), settled_at__isnull=False)
    interviews = calls.aggregate(found=Count("interview_id", distinct=True))["found"]
    if interviews < LEAST_INTERVIEWS:
        return assumed(interviews)
    return _measured(calls, interviews) or assumed(interviews)


def assumed(interviews: int | None) -> Workload:
    """By data/capacity_assumptions.json."""
    data = _data()
    hit_rates = {name: Fraction(str(rate)) for name, rate in data["hit_rates"].items()}
    asked = (1 - sum(hit_rates.values(), Fraction(0))) * Fraction(str(data["attempts_an_answer"]))
    parts = []
    for name, row in data["features"].items():
        feature = features.named(name)
        tokens = {column: Fraction(str(row[column])) for column in ("tokens_in", "tokens_cached", "tokens_out")}
        calls = Fraction(str(row["calls"])) * asked
        parts.append(Part(name, COMPLEXITIES[feature.complexity], calls, most_out=Fraction(feature.most_out), **tokens))
    return Workload(tuple(parts), hit_rates, _facts(data), interviews, is_measured=False, why=tuple(data["why"]))


def registry(today: date) -> list[Row]:
    """A row for each account, the latest price of each of its models."""
    return [_row(account, today) for account in Account.objects.prefetch_related("offers__prices")]


def own_server(name: str, written_a_second: Fraction, known: Iterable[Row]) -> Row:
    """An own server by its throughput: with the models of the account of this name, or any model if there is none."""
    models = next((row.models for row in known if row.name == name and row.models), (Model(),))
    return Row(name=name, models=models, is_free=True, written_a_second=written_a_second)


def _measured(calls: "QuerySet[LlmCall]", interviews: int) -> Workload | None:
    """From the ledger: all calls of the time by its interviews, so what a job or a candidate needs once is in it.

    None = no call of these reached a provider.
    """
    asked = list(
        calls.filter(source__in=ASKED)
        .values("feature", "complexity")
        .annotate(
            calls=Count("id"), sum_in=Sum("tokens_in"), sum_cached=Sum("tokens_cached"), sum_out=Sum("tokens_out")
        )
        .order_by("feature", "complexity")
    )
    if not asked:
        return None
    data = _data()
    why = (
        f"The busiest minute has {data['peak_factor']} times the calls of the mean one.",
        f"Own servers read {data['read_a_written']} tokens of a prompt in the time that they write one.",
        f"A month has {data['days_a_month']} days, all alike.",
    )
    latency = _latency_seconds(calls) or _facts(data).latency_seconds
    parts = tuple(_part(row, interviews) for row in asked)
    return Workload(parts, _hit_rates(calls), _facts(data, latency), interviews, is_measured=True, why=why)


def _data() -> dict[str, Any]:
    return json.loads(ASSUMPTIONS.read_text())


def _part(row: Mapping[str, Any], interviews: int) -> Part:
    calls, tokens_out = row["calls"], Fraction(row["sum_out"], row["calls"])
    listed = features.listed().get(row["feature"])
    return Part(
        name=row["feature"],
        quality=COMPLEXITIES.get(row["complexity"], STRONG),
        calls=Fraction(calls, interviews),
        tokens_in=Fraction(row["sum_in"], calls),
        tokens_cached=Fraction(row["sum_cached"], calls),
        tokens_out=tokens_out,
        most_out=Fraction(listed.most_out) if listed else tokens_out,
    )


def _hit_rates(calls: "QuerySet[LlmCall]") -> dict[str, Fraction]:
    """Of all answers that were given, how many each source gave without a call; failed attempts are no answers."""
    rows = calls.filter(error_kind="").values_list("source").annotate(found=Count("id")).order_by()
    by_source: dict[str, int] = dict(rows)
    answers = sum(by_source.values()) or 1
    return {source.value: Fraction(by_source.get(source.value, 0), answers) for source in HITS}


def _latency_seconds(calls: "QuerySet[LlmCall]") -> Fraction | None:
    live = calls.filter(Q(source=LlmCall.Source.PROVIDER, error_kind=""))
    found = live.aggregate(calls=Count("id"), total_ms=Sum("latency_ms"))
    return Fraction(found["total_ms"], found["calls"] * 1000) if found["total_ms"] else None


def _facts(data: Mapping[str, Any], latency_seconds: Fraction | None = None) -> Facts:
    return Facts(
        peak_factor=Fraction(str(data["peak_factor"])),
        days_a_month=data["days_a_month"],
        latency_seconds=latency_seconds or Fraction(str(data["latency_seconds"])),
        read_a_written=Fraction(str(data["read_a_written"])),
    )


def _row(account: Account, today: date) -> Row:
    offers = [offer for offer in account.offers.all() if offer.is_enabled and not _over(offer.retires_at, today)]
    models = tuple(_model(offer) for offer in offers)
    is_free = "free" in account.label.split("-") or (bool(models) and all(_costs_nothing(model) for model in models))
    return Row(
        name=account.label,
        models=models,
        limits=_limits(account, account.in_flight),
        flags=tuple(_flags(account, models, today, is_free=is_free)),
        is_free=is_free,
        counts_max_tokens=account.counts_max_tokens,
    )


def _flags(account: Account, models: tuple[Model, ...], today: date, *, is_free: bool) -> Iterable[Flag]:
    if _over(account.retires_at, today):
        yield Flag("retired", f"it ended on {account.retires_at}")
    if not account.is_enabled:
        yield Flag("disabled", "it is switched off in the registry")
    if account.key_source == credentials.OWN:
        yield Flag("own keys", "only tenants' own keys go there")
    if account.verified_at is None:
        yield Flag("unverified", "nobody has checked its facts")
    if account.trains_on_data:
        yield Flag("forbidden", WHY_TRAINS)
    if not models:
        yield Flag("no model", "no model of it is enabled")
    elif not is_free and all(model.price is None for model in models):
        yield Flag("no price", "what it costs is unknown")
    if all(limits == NO_LIMITS for limits in (_limits(account, account.in_flight), *(m.limits for m in models))):
        if is_free:
            why = f"free and without a limit: say what it writes with --self-hosted {account.label}=TOKENS_PER_SECOND"
            yield Flag("no throughput", why)
        else:
            yield Flag("no limit", "no limit of it is known: it is taken to carry everything", stops=False)


def _model(offer: Offer) -> Model:
    latest = max(offer.prices.all(), key=lambda price: price.version, default=None)
    price = Price(latest.usd_in, latest.usd_cached, latest.usd_out, latest.batch_factor) if latest else None
    return Model(offer.model, offer.quality, price, _limits(offer), offer.caches_prompts)


def _limits(row: Account | Offer, in_flight: int | None = None) -> Limits:
    return Limits(row.requests_per_minute, row.requests_per_day, row.tokens_per_minute, row.tokens_per_day, in_flight)


def _costs_nothing(model: Model) -> bool:
    return model.price is not None and not any((model.price.fresh, model.price.cached, model.price.out))


def _over(day: date | None, today: date) -> bool:
    return day is not None and day <= today
