"""What a lost message would have told: a look at all that Stripe has of a tenant, once a day."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from billing.models import Invoice, StripeEvent, Subscription
from billing.services.stripe import client, customers, mirror, papers, shapes
from core import clock, due, metrics

KIND = "stripe_check"
EVERY = timedelta(days=1)
FIRST = timedelta(hours=1)  # after a checkout was begun
BACK = timedelta(days=7)  # whatever is newer is copied again
CONTENTS_KEPT = timedelta(days=90)
AFTER_THE_END = timedelta(days=90)  # credit notes still come

log = structlog.get_logger()


def owe(held: Subscription, *, after: timedelta = FIRST) -> None:
    """Look at this tenant later, and from then on daily."""
    due.owe(KIND, held.pk, after=after)


def check(*, subscription_id: UUID) -> None:
    """The daily look. Stripe away: the due row brings it back."""
    held = Subscription.objects.get(pk=subscription_id)
    if not client.is_on() or not held.stripe_customer:
        due.settle(KIND, held.pk)
        return
    try:
        catch_up(subscription_id=held.pk, since=clock.now() - BACK)
    except client.Unavailable:
        log.warning("stripe_check_waits")
        return
    _forget_contents(held)
    held.refresh_from_db()
    ended = held.status == Subscription.Status.CANCELLED and held.cancels_at
    if ended and ended < clock.now() - AFTER_THE_END:
        due.settle(KIND, held.pk)
    else:
        owe(held, after=EVERY)


def _forget_contents(held: Subscription) -> None:
    """What old messages said of people is not needed any more; that they came is."""
    old = StripeEvent.objects.filter(subscription=held, received_at__lt=clock.now() - CONTENTS_KEPT)
    old.exclude(payload={}).update(payload={})


def catch_up(*, subscription_id: UUID, since: datetime) -> int:
    """Copy what Stripe has of the tenant: subscription, customer, papers since then, and those unpaid until now.

    What is odd is left, counted and logged; the rest is copied all the same.

    :returns: how many things were other than here: what was missed. :raises client.Unavailable: after a part of it.
    """
    missed = _tried(lambda: mirror.copy_subscription(subscription_id=subscription_id))
    held = Subscription.objects.get(pk=subscription_id)
    missed += _tried(lambda: customers.copy_customer(subscription_id=held.pk))
    for raw in _invoices(held.stripe_customer, since):
        missed += _tried(partial(papers.keep_invoice, subscription_id=held.pk, raw=raw))
    unpaid = Invoice.objects.filter(subscription=held, source=Invoice.Source.STRIPE, issued_at__lt=since)
    for stripe_id in unpaid.filter(status__in=["open", "uncollectible"]).values_list("stripe_id", flat=True):
        missed += _tried(partial(papers.copy_invoice, subscription_id=held.pk, stripe_id=stripe_id))
    for raw in _credit_notes(held.stripe_customer, since):
        missed += _tried(partial(papers.keep_credit_note, subscription_id=held.pk, raw=raw))
    if missed:
        metrics.stripe_missed.inc(missed)
        log.warning("stripe_messages_missed", count=missed)
    return missed


def _tried(copy: Callable[[], bool]) -> int:
    try:
        return int(copy())
    except (shapes.Odd, client.Refused) as odd:
        metrics.stripe_events.labels("refused").inc()
        log.error("stripe_odd", reason=str(odd))
        return 0


def _invoices(customer: str, since: datetime) -> list[shapes.Raw]:
    with client.asking() as stripe:
        return _since(stripe.v1.invoices.list({"customer": customer, "limit": client.MOST_LISTED}), since)


def _credit_notes(customer: str, since: datetime) -> list[shapes.Raw]:
    with client.asking() as stripe:
        return _since(stripe.v1.credit_notes.list({"customer": customer, "limit": client.MOST_LISTED}), since)


def _since(page: object, since: datetime) -> list[shapes.Raw]:
    """The newest stand first: what follows an older one is older still."""
    found = []
    for raw in client.listed(page):
        if raw["created"] < since.timestamp():
            break
        found.append(raw)
    return found
