"""Rows of the registry for a load: accounts on loopback that need no key, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings

from core import clock, tenancy
from llm import gateway
from llm.models import Account, Budget, Offer, Price
from tests.load.question import MODEL

VERSION = "bench"
LIMITS = {
    "requests_minute": "requests_per_minute",
    "requests_day": "requests_per_day",
    "tokens_minute": "tokens_per_minute",
    "tokens_day": "tokens_per_day",
    "in_flight": "in_flight",
    "counts_max_tokens": "counts_max_tokens",
}


def install(base: str, accounts: Mapping[str, Mapping[str, Any]], *, budget_usd: Decimal | None = None) -> None:
    """Accounts at `base`/NAME with these limits (see tests.load.provider), all others switched off.

    :param budget_usd: what the platform may spend in a day.
    """
    with tenancy.enter_platform():
        Account.objects.exclude(label__in=accounts).update(is_enabled=False)
        for name, manners in accounts.items():
            limits = {LIMITS[limit]: value for limit, value in manners.items() if limit in LIMITS}
            add(base, name, **limits)
        Budget.objects.all().delete()
        if budget_usd is not None:
            Budget.objects.update_or_create(
                tenant="", feature="", period=Budget.Period.DAY, defaults={"limit_usd": budget_usd, "is_hard": True}
            )


def add(base: str, name: str, **columns: Any) -> None:
    """One account at `base`/NAME with the bench's model, which is good enough for everything."""
    fields = {"provider": name, "base_url": f"{base}/{name}/v1", "key_source": "none:", "is_enabled": True}
    account, _ = Account.objects.update_or_create(
        label=name, defaults=fields | {"verified_at": clock.now().date()} | columns
    )
    offer(account, MODEL, Offer.Quality.FRONTIER, ("1", "0.1", "4", "0.5"))


def offer(account: Account, model: str, quality: int, price: tuple[str, str, str, str], **columns: Any) -> None:
    """A model of an account; `price` is US dollars per million tokens in, cached and out, and what a batch costs."""
    fields = {"quality": quality, "verified_at": clock.now().date(), "caches_prompts": True}
    offered, _ = Offer.objects.update_or_create(account=account, model=model, defaults=fields | columns)
    names = ("usd_in", "usd_cached", "usd_out", "batch_factor")
    Price.objects.get_or_create(
        offer=offered, version=VERSION, defaults=dict(zip(names, map(Decimal, price), strict=True))
    )


def use(base: str, first: str) -> bool:
    """Let this process's gateway find the installed rows, or, where it reads none, the server of the first one.

    :returns: whether it reads them.
    """
    settings.LLM_ENV = {}
    if gateway.mode() != "basic":
        return True
    settings.LLM_ENV = {"OPENAI_BASE_URL": f"{base}/{first}/v1", "LLM_MODEL": MODEL}
    return False
