"""Test cases with a Stripe on loopback, and the things that it would have."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from django.db import transaction
from django.test import override_settings

from accounts.models import User
from accounts.roles import Role
from accounts.tests.people import person
from billing.models import InvoiceLine, Plan, QuotaPeriod, StripeEvent, Subscription
from billing.services import months, periods
from billing.services.stripe import inbox
from core import tenancy
from core.testing import TenantClient, TenantTestCase
from tests.payments.shop import Raw, Shop, opened

SECRET = "whsec_a-secret-of-tests"  # pragma: allowlist secret
KEY = "sk_test_a-key-of-tests"  # pragma: allowlist secret
CUSTOMER = "cus_alpha"
UPDATED = "customer.subscription.updated"
STRIPE_PAGES = ["https://checkout.stripe.com", "https://billing.stripe.com"]


def on(address: str, **more: Any) -> dict[str, Any]:
    """Settings with Stripe on, at this address."""
    return {
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": address,
        "FORMS_LEAD_TO": {"/billing/": STRIPE_PAGES},
    } | more


class WithShop:
    """A Stripe on loopback, for a test case that rolls back or one that commits: alpha tries the plan `one`, which
    Stripe sells as price_one; `two` is price_two."""

    shop: Shop

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()  # type: ignore[misc]
        cls.shop = Shop()
        cls.open()

    @classmethod
    def open(cls) -> None:
        """Have the shop answer, and Candor ask it, for the tests of the class."""
        opening = opened(cls.shop)
        opening.__enter__()
        cls.addClassCleanup(opening.__exit__, None, None, None)  # type: ignore[attr-defined]
        settings = override_settings(**on(cls.shop.address))
        settings.enable()
        cls.addClassCleanup(settings.disable)  # type: ignore[attr-defined]

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self.shop.__init__(address=self.shop.address)  # type: ignore[misc]
        self.one, self.two = sold("one", 99, 100), sold("two", 499, 1000)
        self.held = trying(self.one)
        self.shop.put({"id": CUSTOMER, "object": "customer", "created": 1, "livemode": False})


class ShopCase(WithShop, TenantTestCase):
    """What it does is rolled back."""

    def client_on_public_host(self) -> TenantClient:
        return TenantClient(HTTP_HOST="candor.localhost")

    def send(self, event: Raw, **more: Any) -> int:
        """Post the event as Stripe would."""
        body = json.dumps(event)
        return self.post(body, stripe.WebhookSignature.generate_signature_header(body, SECRET), **more)

    def post(self, body: str | bytes, signature: str | None, **more: Any) -> int:
        headers: dict[str, Any] = {} if signature is None else {"HTTP_STRIPE_SIGNATURE": signature}
        answer = self.client_on_public_host().post(
            "/stripe/webhook", data=body, content_type="application/json", **headers, **more
        )
        return int(answer.status_code)

    def tell(self, *events: Raw) -> None:
        """Send these events and follow each."""
        for event in events:
            assert self.send(event) == 200
            follow(event)


class WireCase(ShopCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner: User = person(role=Role.OWNER)

    def asked(self, path: str) -> Raw:
        """The form of the one POST that went there."""
        found = self.shop.posts(path)
        self.assertEqual(len(found), 1, [one.path for one in self.shop.asked])
        return found[0].form

    def paying(self, **more: Any) -> Raw:
        """alpha pays for `one` by card since half a month."""
        began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=15)
        self.held.periods.update(period_start=began - timedelta(days=1))
        raw = self.shop.put(subscription(began=began, **more))
        self.tell(event(UPDATED, raw))
        self.held.refresh_from_db()
        self.assertEqual(self.held.status, "active")
        self.shop.asked.clear()
        return raw


class MirrorCase(ShopCase):
    def now_has(self, raw: dict) -> None:
        """Stripe has this now, and says so."""
        self.shop.put(raw)
        self.tell(event(UPDATED, raw))
        self.held.refresh_from_db()

    def months(self) -> list[tuple[int, int]]:
        """The paid periods, oldest first, in seconds."""
        found = QuotaPeriod.objects.filter(subscription=self.held, is_trial=False).order_by("period_start")
        return [(seconds(one.period_start), seconds(one.period_end)) for one in found]


def follow(event: Raw) -> StripeEvent:
    """What the task does, in the tenant that the event was matched to."""
    row = StripeEvent.objects.get(stripe_id=event["id"])
    if row.subscription is not None:
        with tenancy.enter(row.subscription.tenant.schema_name):
            inbox.process(event_id=row.pk)
    row.refresh_from_db()
    return row


def sold(code: str, usd: int, interviews: int) -> Plan:
    """The plan, made unless it is there from a test before."""
    return Plan.objects.filter(pk=code).first() or plan(code, usd, interviews)


def plan(code: str, usd: int, interviews: int, **more: Any) -> Plan:
    values = {
        "family": f"of-{code}",
        "name": code.title(),
        "price_usd": usd,
        "interviews_a_month": interviews,
        "stripe_price": f"price_{code}",
        "sso": True,
        "scim": True,
        "custom_domain": True,
        "own_keys": True,
    }
    return Plan.objects.create(code=code, **(values | more))


def trying(plan: Plan, days: int = 14) -> Subscription:
    """alpha is on trial since a day, with nothing used, and is the customer CUSTOMER."""
    held = Subscription.objects.get(tenant_id=tenancy.tenant_id())
    InvoiceLine.objects.filter(subscription=held, invoice=None).delete()
    held.periods.all().delete()
    began = datetime.now(UTC) - timedelta(days=1)
    ends = began + timedelta(days=days)
    held.status, held.plan, held.trial_ends_at, held.anchor_at = "trialing", plan, ends, began
    held.past_due_since = held.grace_ends_at = held.cancels_at = held.next_plan = held.stripe_busy_until = None
    held.collection, held.stripe_customer, held.stripe_subscription = "invoice", CUSTOMER, ""
    held.save()
    periods.open_trial(held)
    return held


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def subscription(
    status: str = "active",
    *,
    price: str = "price_one",
    began: datetime | None = None,
    sub_id: str = "sub_1",
    **more: Any,
) -> Raw:
    """In the newest shape: the month stands on the item."""
    start = seconds(began or datetime.now(UTC).replace(microsecond=0))
    item = {
        "id": f"si_{sub_id}",
        "object": "subscription_item",
        "quantity": 1,
        "price": {"id": price, "object": "price", "currency": "usd"},
        "current_period_start": start,
        "current_period_end": month_after(start),
    }
    return {
        "id": sub_id,
        "object": "subscription",
        "created": start,
        "start_date": start,
        "billing_cycle_anchor": start,
        "livemode": False,
        "currency": "usd",
        "customer": CUSTOMER,
        "status": status,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "ended_at": None,
        "metadata": {},
        "items": {"object": "list", "has_more": False, "data": [item]},
    } | more


def month_after(start: int, count: int = 1) -> int:
    at = datetime.fromtimestamp(start, UTC)
    for _ in range(count):
        at = months.month_of(datetime.fromtimestamp(start, UTC), at)[1]
    return seconds(at)


ACME = {
    "customer": CUSTOMER,
    "customer_name": "Acme GmbH",
    "customer_email": "bills@acme.example",
    "customer_address": {"line1": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin", "country": "DE"},
    "customer_tax_ids": [{"type": "eu_vat", "value": "DE123456789"}],
    "customer_tax_exempt": "none",
}


def invoice(invoice_id: str = "in_1", *, cents: int = 9900, tax: int = 2277, status: str = "paid", **more: Any) -> Raw:
    """One line of this much, and the tax on it."""
    now = seconds(datetime.now(UTC))
    line = {
        "id": f"il_{invoice_id}",
        "object": "line_item",
        "amount": cents,
        "currency": "usd",
        "description": "1 x One (at $99.00 / month)",
        "quantity": 1,
        "metadata": {},
        "period": {"start": now, "end": now + 30 * 86400},
        "parent": {"type": "subscription_item_details", "subscription_item_details": {"proration": False}},
        "pricing": {"unit_amount_decimal": str(cents)},
        "taxes": [{"amount": tax, "tax_behavior": "exclusive"}],
        "discount_amounts": [],
    }
    return {
        "id": invoice_id,
        "object": "invoice",
        "number": f"CNDR-{invoice_id}",
        "created": now,
        "livemode": False,
        "currency": "usd",
        **ACME,
        "account_name": "Candor",
        "account_country": "US",
        "subscription": "sub_1",
        "status": status,
        "total": cents + tax,
        "subtotal": cents,
        "total_excluding_tax": cents,
        "total_taxes": [{"amount": tax, "tax_behavior": "exclusive", "taxability_reason": "standard_rated"}],
        "hosted_invoice_url": f"https://invoice.stripe.com/i/{invoice_id}",
        "period_start": now,
        "period_end": now,
        "status_transitions": {"finalized_at": now, "paid_at": now if status == "paid" else None, "voided_at": None},
        "lines": {"object": "list", "has_more": False, "data": [line]},
    } | more


_numbers = iter(range(1, 10**9))


def event(kind: str, subject: Raw, **more: Any) -> Raw:
    """A message about this object, as it is now."""
    return {
        "id": f"evt_{next(_numbers)}",
        "object": "event",
        "type": kind,
        "created": int(time.time()),
        "livemode": False,
        "api_version": "2026-10-28.endive",
        "data": {"object": json.loads(json.dumps(subject))},
    } | more


@contextmanager
def undone() -> Iterator[None]:
    """What the block writes is rolled back at its end, as at the end of a test."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)
