"""Stripe's messages: verified, stored once, answered at once, and followed later from their rows.

A row of a tenant's is owed in the due table, in the transaction that stored it. One of a customer whom nobody here is
waits as unmatched, until somebody in the admin has it looked at again.
"""

import json
import re
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import stripe
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from billing.models import StripeEvent, Subscription
from billing.services.stripe import client, customers, mirror, papers, shapes
from billing.services.stripe.shapes import Odd, id_of
from core import audit, clock, due, metrics, state, tenancy
from core.state import TransitionNotAllowed
from core.tasks import enqueue
from tenants.models import Tenant

KIND = "stripe_event"
TOLERANCE_SECONDS = 300
MOST_ATTEMPTS = 12
ID = re.compile(r"evt_[A-Za-z0-9_]{1,240}")
SIGNATURE = re.compile(r"[\x21-\x7e]{1,2000}")
# What an event may be about; the docs tell the operator to choose just these.
OBJECTS = frozenset({"subscription", "invoice", "credit_note", "customer", "tax_id", "checkout.session"})
Status = StripeEvent.Status
log = structlog.get_logger()


class Forged(Exception):
    """Nobody can tell that Stripe sent this."""


class Unreadable(Exception):
    """Stripe signed it, and it is no event."""


def receive(*, body: bytes, signature: str) -> StripeEvent:
    """Store the event once, and owe it to its tenant. The same event again changes nothing.

    :raises Forged: unless our secret signed these very bytes within the last minutes; Unreadable: see there.
    """
    told = _read(_verified(body, signature))
    with transaction.atomic():
        row, fresh = StripeEvent.objects.get_or_create(stripe_id=told.pop("stripe_id"), defaults=told)
        metrics.stripe_webhooks.labels("stored" if fresh else "repeated").inc()
        if fresh and row.status == Status.REFUSED:
            metrics.stripe_events.labels("refused").inc()
        elif fresh or row.status == Status.UNMATCHED:
            _match(row)
    return row


def replay(*, event_id: UUID) -> StripeEvent:
    """Follow an event once more, whatever became of it.

    :raises core.state.TransitionNotAllowed: if it is waiting to be followed already.
    """
    with transaction.atomic():
        row = StripeEvent.objects.get(pk=event_id)
        if row.status != Status.UNMATCHED:
            state.move(row, Status.UNMATCHED, attempts=0, error="")
        _match(row)
        audit.record("stripe_event.replayed", row)
    return row


def retry(event_id: UUID) -> None:
    """The same for one that failed, from the list of all that did."""
    row = StripeEvent.objects.get(pk=event_id)
    state.move(row, Status.UNMATCHED, source=Status.FAILED, attempts=0, error="")
    _match(row)


def process(*, event_id: UUID) -> None:
    """Copy what the event speaks of, as Stripe has it now. Stripe away: the due row brings it back, ever later."""
    row = StripeEvent.objects.filter(pk=event_id, status=Status.OWED).first()
    if row is None or not client.is_on():
        due.settle(KIND, event_id)
        return
    StripeEvent.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1)
    try:
        _follow(row)
    except client.Unavailable as error:
        StripeEvent.objects.filter(pk=row.pk, status=Status.OWED).update(error=f"unavailable: {error}"[:200])
        metrics.stripe_events.labels("unavailable").inc()
    except (Odd, client.Refused) as error:
        reason = error.code if isinstance(error, client.Refused) else str(error)
        _finish(row, Status.REFUSED, reason)
        log.error("stripe_event_refused", event_id=row.stripe_id, reason=reason)
    except Exception as error:
        _failed(row, type(error).__name__)
        raise
    else:
        _finish(row, Status.DONE)


def _verified(body: bytes, signature: str) -> Mapping[str, Any]:
    """The library compares in constant time, and knows rolled secrets; what it leaves open is closed here."""
    try:
        if not settings.STRIPE_WEBHOOK_SECRET or not SIGNATURE.fullmatch(signature):
            raise ValueError("signature")
        stripe.WebhookSignature.verify_header(body, signature, settings.STRIPE_WEBHOOK_SECRET, TOLERANCE_SECONDS)
        signed_at = int(next(part[2:] for part in signature.split(",") if part.startswith("t=")))
        if signed_at > time.time() + TOLERANCE_SECONDS:
            raise ValueError("from the future")
    except (stripe.SignatureVerificationError, ValueError, TypeError, StopIteration) as error:
        metrics.stripe_webhooks.labels("forged").inc()
        raise Forged from error
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _unreadable() from error
    if not isinstance(found, dict):
        raise _unreadable()
    return found


def _read(event: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of its row; what Candor never follows is refused from the start, and kept."""
    try:
        subject = event["data"]["object"]
        kind = str(subject["object"])
        customer = subject["id"] if kind == "customer" else subject.get("customer")
        told = {
            "stripe_id": str(event["id"]),
            "type": str(event["type"])[:100],
            "object_type": kind[:60],
            "object_id": str(subject.get("id") or "")[:255],
            "customer": id_of(customer)[:255],
            "livemode": bool(event["livemode"]),
            "happened_at": shapes.instant(event["created"]),
            "payload": event,
        }
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _unreadable() from error
    if not ID.fullmatch(str(told["stripe_id"])) or not _storable(event):
        raise _unreadable()
    reason = _refusal(event, kind)
    return told | ({"status": Status.REFUSED, "error": reason} if reason else {"status": Status.UNMATCHED})


def _storable(event: Mapping[str, Any]) -> bool:
    """Whether the database can keep it: no null character, no half of a letter, no number that is none."""
    try:
        return b"\\u0000" not in json.dumps(event, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False


def _unreadable() -> Unreadable:
    metrics.stripe_webhooks.labels("refused").inc()
    return Unreadable()


def _refusal(event: Mapping[str, Any], kind: str) -> str:
    if event["livemode"] is not client.is_live():
        return "livemode"
    if event.get("account") or event.get("context"):
        return "account"  # somebody else's, connected to ours
    return "" if kind in OBJECTS else "object"


def _match(row: StripeEvent) -> None:
    """Owe the event to the tenant whose customer it is about, or let it wait."""
    held = _tenant_of(row)
    if held is None:
        metrics.stripe_events.labels("unmatched").inc()
        return
    state.move(row, Status.OWED, subscription=held)
    with tenancy.enter(held.tenant.schema_name):
        due.owe(KIND, row.pk)
        enqueue("billing.follow_stripe_event", event_id=row.pk)


def _tenant_of(row: StripeEvent) -> Subscription | None:
    """By the customer; by what we wrote into it, where its id did not arrive here before."""
    here = Subscription.objects.select_related("tenant").exclude(tenant__status=Tenant.Status.CLOSED)
    found = here.filter(stripe_customer=row.customer).first() if row.customer else None
    if found is not None or row.object_type not in ("customer", "checkout.session"):
        return found
    try:
        return here.filter(pk=UUID(row.payload["data"]["object"]["metadata"]["candor_subscription"])).first()
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _follow(row: StripeEvent) -> None:
    assert row.subscription_id is not None
    pk, kind = row.subscription_id, row.object_type
    if row.customer:
        mirror.bind(subscription_id=pk, customer=row.customer)
    if kind == "invoice" and row.object_id.startswith("in_"):  # one that is only announced has no id
        papers.copy_invoice(subscription_id=pk, stripe_id=row.object_id)
    elif kind == "credit_note":
        papers.copy_credit_note(subscription_id=pk, stripe_id=row.object_id)
    mirror.copy_subscription(subscription_id=pk)
    if kind in ("customer", "tax_id", "checkout.session"):
        customers.copy_customer(subscription_id=pk)


def _finish(row: StripeEvent, status: StripeEvent.Status, error: str = "") -> None:
    with transaction.atomic():
        try:
            state.move(row, status, error=error[:200], done_at=clock.now())
            metrics.stripe_events.labels(status.value).inc()
        except TransitionNotAllowed:
            log.info("stripe_event_followed_by_another", event_id=row.stripe_id)
        due.settle(KIND, row.pk)


def _failed(row: StripeEvent, error: str) -> None:
    """Keep why; after so many attempts it fails for good, visibly, until somebody retries it."""
    StripeEvent.objects.filter(pk=row.pk, status=Status.OWED).update(error=error[:200])
    if row.attempts + 1 >= MOST_ATTEMPTS:
        with transaction.atomic():
            state.move(row, Status.FAILED)
            metrics.stripe_events.labels("failed").inc()
            due.fail(KIND, row.pk, error)
