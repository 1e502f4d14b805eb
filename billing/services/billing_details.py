"""To whom a tenant's invoices are made out. Those that were issued keep what they say."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _

from billing.models import BillingDetails, Subscription
from billing.services import charges, tax_ids
from billing.services.countries import COUNTRIES
from billing.services.subscriptions import locked
from core import audit, typesetting
from tenants.models import Tenant
from tenants.services.trails import record_in_both

FIELDS = ("company", "line1", "line2", "postal_code", "city", "country", "tax_id", "email", "purchase_order")
REQUIRED = ("company", "line1", "city", "country", "email")


class BadDetails(ValueError):
    """A field does not hold what it must; `field` names it. Nothing was changed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def save(*, subscription_id: UUID, values: dict[str, str]) -> BillingDetails:
    """Set the details; what waited for them is invoiced. The trail names the fields that changed, not their words.

    :raises BadDetails: for a missing field, an unknown country, or a number that is no VAT number there.
    """
    fresh = checked(values)  # before the row is held: it asks another process
    with transaction.atomic():
        held = locked(subscription_id)
        before = as_dict(held)
        changed = [name for name in FIELDS if before.get(name, "") != fresh[name]]
        details, _made = BillingDetails.objects.update_or_create(subscription=held, defaults=fresh)
        if changed:
            record_in_both("billing_details.changed", held, tenant=held.tenant, by=audit.actor.get(), fields=changed)
            charges.owe_invoice(held)
    return details


def give(tenant: Tenant, values: dict[str, str]) -> None:
    """Set the details of a tenant that has none, such as one of the demo; others stay as they are.

    :raises BadDetails: as `save` does.
    """
    held = Subscription.objects.get(tenant=tenant)
    if not BillingDetails.objects.filter(subscription=held).exists():
        save(subscription_id=held.pk, values=values)


def as_dict(held: Subscription) -> dict[str, Any]:
    """The details as an invoice keeps them; nothing while there are none."""
    found = BillingDetails.objects.filter(subscription=held).first()
    return model_to_dict(found, fields=FIELDS) if found else {}


def are_valid(held: Subscription) -> bool:
    """Whether there are details, and an invoice may be made out to them: those that Stripe collected nobody checked."""
    found = as_dict(held)
    try:
        return bool(found and valid(found))
    except BadDetails:
        return False


def require_checked(held: Subscription) -> None:
    """:raises BadDetails: unless the details that are kept are as `save` would keep them. It asks another process."""
    checked(as_dict(held))


def checked(values: dict[str, str]) -> dict[str, str]:
    """What was typed, in its usual form. It asks another process: hold nothing meanwhile.

    :raises BadDetails: as `save` does.
    """
    fresh = valid(values)
    unknown = typesetting.unprintable("".join(fresh.values()))
    if unknown:
        field = next(name for name in FIELDS if unknown & set(fresh[name]))
        message = _("Invoices can't show %(letters)s. Write it in Latin letters.")
        raise BadDetails(field, message % {"letters": " ".join(sorted(unknown))})
    return fresh


def valid(values: dict[str, str]) -> dict[str, str]:
    """What was typed, in its usual form, but for letters that no invoice can show.

    :raises BadDetails: for a missing field, an unknown country, or a number that is no VAT number there.
    """
    fresh = {name: " ".join(str(values.get(name, "")).split()) for name in FIELDS}
    fresh["country"] = fresh["country"].upper()
    for name, value in fresh.items():
        _check(name, value)
    try:
        fresh["tax_id"] = tax_ids.clean(fresh["tax_id"], country=fresh["country"])
    except tax_ids.BadTaxId as error:
        raise BadDetails("tax_id", str(error)) from error
    return fresh


def _check(name: str, value: str) -> None:
    most = getattr(BillingDetails._meta.get_field(name), "max_length", None) or 0
    if not value and name in REQUIRED:
        raise BadDetails(name, _("This is needed on an invoice."))
    if len(value) > most:
        raise BadDetails(name, _("At most %(most)d characters.") % {"most": most})
    if name == "country" and value not in COUNTRIES:
        raise BadDetails(name, _("That is no country's two letters, such as PT."))
    if name == "email":
        _check_email(value)


def _check_email(value: str) -> None:
    try:
        validate_email(value)
    except ValidationError as error:
        raise BadDetails("email", _("That is no e-mail address.")) from error
