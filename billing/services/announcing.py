"""What is told to those who pay when somebody stops their account, makes an invoice void, or cancels their plan."""

from typing import Any

from accounts.models import User
from billing.models import BillingNotice, Invoice, Subscription
from billing.services import mail
from core import audit, clock

Kind = BillingNotice.Kind


def stopped(held: Subscription) -> None:
    """The staff stopped it: no payment alone ends that."""
    assert held.stopped_by_staff_at is not None
    at = held.stopped_by_staff_at.isoformat()
    mail.tell(held, Kind.STOPPED, key=f"stopped:{held.pk}:{at}", at=at)


def voided(held: Subscription, invoice: Invoice, *, again: bool) -> None:
    """Nothing is due on an invoice any more; of one that nobody was told of, nothing."""
    if BillingNotice.objects.filter(invoice=invoice).exists():
        mail.tell(held, Kind.VOIDED, key=f"voided:{invoice.pk}", invoice_id=invoice.pk, again=again)


def cancelled(held: Subscription) -> None:
    """The plan ends: by whom, when, and how that is taken back."""
    assert held.cancels_at is not None
    by, key = audit.actor.get(), f"cancellation:{held.pk}:{clock.now().isoformat()}"
    person = str(by.id) if by.type == "user" else ""
    mail.tell(held, Kind.CANCELLATION, key=key, ends=held.cancels_at.isoformat(), by=by.type, person=person)


def _stopped(row: BillingNotice) -> dict[str, Any] | None:
    """None if it goes on again."""
    at = Subscription.objects.get(pk=row.subscription_id).stopped_by_staff_at
    return {} if at is not None and at.isoformat() == row.detail["at"] else None


def _voided(row: BillingNotice) -> dict[str, Any] | None:
    return {"again": row.detail["again"]}


def _cancelled(row: BillingNotice) -> dict[str, Any] | None:
    """None if that was taken back."""
    held = Subscription.objects.select_related("plan").get(pk=row.subscription_id)
    if held.cancels_at is None or held.cancels_at.isoformat() != row.detail["ends"]:
        return None
    person = User.objects.filter(pk=row.detail["person"]).first() if row.detail["person"] else None
    by_staff = row.detail["by"] == "platform"
    return {"plan": held.plan, "who": person.name or person.email if person else "", "by_staff": by_staff}


mail.register(Kind.STOPPED, _stopped)
mail.register(Kind.VOIDED, _voided)
mail.register(Kind.CANCELLATION, _cancelled)
