"""What a mail about money says, in the clock of who reads it."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from billing.models import Invoice, Subscription
from core import letters


def write(
    kind: str, held: Subscription, *, invoice: Invoice | None, name: str, more: dict[str, Any]
) -> tuple[str, str]:
    """Subject and text of `billing/mail/<kind>*`: days in the subscription's zone, an invoice's in its own."""
    tenant = held.tenant
    shared = {
        "company": tenant.name,
        "name": name,
        "held": held,
        "invoice": invoice,
        "left_usd": invoice.left()[1] if invoice else None,
        "billing_url": tenant.page("billing"),
        "details_url": tenant.page("billing_details"),
        "plans_url": tenant.page("billing_plan"),
        "support_email": settings.SUPPORT_EMAIL,
    }
    with timezone.override(ZoneInfo(held.zone)):
        return letters.write(f"billing/mail/{kind}", shared | more)
