"""To Stripe's checkout: a page of Stripe's on which a tenant begins to pay by card."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from accounts.models import User
from accounts.roles import Permission
from accounts.services.mail import site_url
from billing.models import Plan, Subscription
from billing.services import plan_changes, plans
from billing.services.stripe import catching_up, claim, client, customers, mirror
from billing.services.stripe.shapes import Odd, Raw
from billing.services.subscriptions import NotNow
from core import audit, tenancy

Status = Subscription.Status
PATH = "/billing/"
UNPAID = frozenset({Status.TRIALING, Status.READ_ONLY, Status.CANCELLED})


class NotByCard(Exception):
    """This plan is not sold by card: Stripe has no price for it here."""


class BadAddress(Exception):
    """Stripe answered with an address that is none of its pages; nobody is sent there."""


def begin(*, by: User, plan_code: str) -> str:
    """The address of Stripe's page on which this plan is paid for; asking for it again leads to the same page.

    :raises NotNow: if the tenant pays already; NotByCard, plans.UnknownPlan, plan_changes.BelowUse: for the plan.
    :raises claim.Busy, client.Off, client.Unavailable, client.Refused: with nothing begun.
    """
    by.require(Permission.MANAGE_BILLING)
    if not client.is_on():
        raise client.Off
    with claim.taken(_own().pk) as held:
        plan = _fitting(held, plan_code)
        customer = customers.ensure(held)
        address = _session(held, plan, customer)
        audit.record("subscription.checkout_begun", held, plan=plan.pk)
        catching_up.owe(held)  # should the message that it was paid get lost
    return checked(address)


@contextmanager
def closed(subscription_id: UUID) -> Iterator[None]:
    """Within the block nobody can pay for this tenant on a page of Stripe's: each is ended, none is begun.

    Entered in the tenant, with no transaction open. What was paid on a page until then is copied: the block finds it.
    :raises NotNow: if what Stripe has of the tenant can't be copied; somebody of the staff must look.
    :raises claim.Busy: also if somebody pays at this moment. :raises client.Unavailable, client.Refused: see there.
    """
    if not client.is_on():
        yield
        return
    with claim.taken(subscription_id) as held:
        if held.stripe_customer:
            _end_pages(held)
        yield


def checked(address: str) -> str:
    """The address, if it is a page of Stripe's, or of a test's server."""
    found = urlsplit(address)
    pages = {urlsplit(page).netloc for page in settings.FORMS_LEAD_TO.get(PATH, ())}
    if found.scheme != "https" or found.netloc not in pages:
        raise BadAddress(found.netloc)
    return address


def back() -> str:
    """Where Stripe's pages lead back to: the tenant's billing page."""
    return site_url() + PATH


def _own() -> Subscription:
    return Subscription.objects.get(tenant_id=tenancy.tenant_id())


def _fitting(held: Subscription, code: str) -> Plan:
    """The plan; where it is too small by now, a page on which it could be paid for is ended."""
    try:
        return _buyable(held, code)
    except plan_changes.BelowUse:
        if held.stripe_customer:
            _expire(held.stripe_customer)
        raise


def _end_pages(held: Subscription) -> None:
    went_on = _expire(held.stripe_customer)
    try:
        mirror.copy_subscription(subscription_id=held.pk)
    except Odd as error:
        raise NotNow(str(error)) from error
    if went_on:
        raise claim.Busy


def _expire(customer: str) -> bool:
    """End the customer's open pages. :returns: whether one could not be: somebody is paying on it."""
    went_on = False
    for session in _sessions(customer):
        if session["status"] != "open":
            continue
        try:
            with client.asking() as stripe:
                stripe.v1.checkout.sessions.expire(session["id"])
        except client.Refused:
            went_on = True
    return went_on


def _sessions(customer: str) -> list[Raw]:
    with client.asking() as stripe:
        page = stripe.v1.checkout.sessions.list({"customer": customer, "limit": client.MOST_LISTED})
        return list(client.listed(page, most=client.MOST_LISTED))


def _buyable(held: Subscription, code: str) -> Plan:
    if held.status not in UNPAID or held.past_due_since is not None:
        raise NotNow(held.get_status_display())
    plan = plans.for_tenant(code, held.tenant)
    if not plan.stripe_price:
        raise NotByCard(code)
    plan_changes.require_fits(plan)
    return plan


def _session(held: Subscription, plan: Plan, customer: str) -> str:
    """One open page a tenant: another plan's is ended first, so that nobody pays for two."""
    known = _sessions(customer)
    if known and known[0]["status"] == "complete":
        _require_unpaid(held, plan)
    with client.asking() as stripe:
        for session in known:
            if session["status"] != "open":
                continue
            if _is_for(session, plan):
                return str(session["url"])
            stripe.v1.checkout.sessions.expire(session["id"])
        last = known[0]["id"] if known else "first"
        key = f"candor:checkout:{held.pk}:{plan.pk}:{last}"
        made = stripe.v1.checkout.sessions.create(_wanted(held, plan, customer), {"idempotency_key": key})
        return str(made.url)


def _require_unpaid(held: Subscription, plan: Plan) -> None:
    """:raises NotNow: if the last page was paid on a moment ago, and Stripe's message is not here yet."""
    with suppress(Odd):
        mirror.copy_subscription(subscription_id=held.pk)
    _buyable(Subscription.objects.select_related("tenant", "plan").get(pk=held.pk), plan.pk)


def _is_for(session: Raw, plan: Plan) -> bool:
    told = session.get("metadata") or {}
    return bool(told.get("candor_price") == plan.stripe_price and session.get("url"))


def _wanted(held: Subscription, plan: Plan, customer: str) -> Any:
    told = {"candor_subscription": str(held.pk), "candor_plan": plan.pk, "candor_price": plan.stripe_price}
    return {
        "mode": "subscription",
        "customer": customer,
        "client_reference_id": str(held.pk),
        "line_items": [{"price": plan.stripe_price, "quantity": 1}],
        "success_url": back() + "?paid=1",
        "cancel_url": back(),
        "billing_address_collection": "required",
        "tax_id_collection": {"enabled": True},
        "customer_update": {"name": "auto", "address": "auto"},
        "automatic_tax": {"enabled": settings.STRIPE_AUTOMATIC_TAX},
        "metadata": told,
        # Said, though it is the version's own: what is given back for a change is what was charged, not what the
        # price is by then, and a change without a charge (for the renewal) never becomes one later.
        "subscription_data": {"metadata": told, "billing_mode": {"type": "flexible"}},
    }
