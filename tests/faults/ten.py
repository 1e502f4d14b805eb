"""The ten providers of test_ten_providers, and how they are registered."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings

from core import clock
from core.redis import client
from llm import admission, budgets
from llm.models import Account, Budget, Offer, Price
from tests.faults.llmock_process import Provider, Terms

TERMS = (
    Terms("p1", 1, "0.10", rpm=40),
    Terms("p2", 1, "0.12", tpm=9_000),
    Terms("p3", 1, "0.14", rpm=120, in_flight=2),
    Terms("p4", 2, "0.20", rpm=60, tpm=20_000),
    Terms("p5", 2, "0.24", rpm=200),
    Terms("p6", 3, "0.50", rpm=60),
    Terms("p7", 3, "0.60", rpm=400, in_flight=4),
    Terms("p8", 3, "0.70", rpm=400),
    Terms("p9", 4, "2.00", rpm=600, tpm=200_000),
    Terms("p10", 4, "2.20", rpm=600),
)
MODEL = "mock"  # the same everywhere, so that llmock knows the same question again at another server


def register(providers: dict[str, Provider]) -> None:
    """The ten are the only providers that may be asked, and there are budgets to be counted."""
    Account.objects.update(is_enabled=False)
    Account.objects.filter(label__in=providers).delete()
    Budget.objects.all().delete()
    today = clock.now().date()
    for provider in providers.values():
        terms = provider.terms
        account = Account.objects.create(
            label=terms.label,
            provider=terms.label,
            base_url=f"{provider.address}/v1",
            key_source="none:",
            verified_at=today,
            counts_max_tokens=True,
            requests_per_minute=terms.rpm,
            tokens_per_minute=terms.tpm,
            in_flight=terms.in_flight,
        )
        offer = Offer.objects.create(account=account, model=MODEL, quality=terms.quality, verified_at=today)
        fresh = Decimal(terms.usd)
        Price.objects.create(offer=offer, version="1", usd_in=fresh, usd_cached=fresh, usd_out=4 * fresh)
    for tenant, feature in (("", ""), ("alpha", ""), ("", "interview_turn")):
        Budget.objects.create(tenant=tenant, feature=feature, limit_usd=Decimal(100))
    budgets.forget()


def environment() -> dict[str, str]:
    """What leads another process to this test's databases."""
    found = {"REDIS_URL": settings.REDIS_URL, "PYTHONPATH": "platform:."}
    for variable, alias in (("DATABASE_URL", "default"), ("KEYS_DATABASE_URL", "keys")):
        found[variable] = re.sub(r"/[^/?]+(\?|$)", rf"/{settings.DATABASES[alias]['NAME']}\1", os.environ[variable])
    return found


def open_breakers(labels: Iterable[str]) -> set[str]:
    return {label for label in labels if client().hexists(admission.breaker_key(label), "until")}


def most_at_once(spans: list[tuple[float, float]]) -> int:
    """The most of these that overlap."""
    steps = sorted([(end, -1) for _, end in spans] + [(start, 1) for start, _ in spans])
    most = now = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most
