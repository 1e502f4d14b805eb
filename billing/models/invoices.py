"""What a tenant owes: invoices, credit notes, and the lines that wait for one."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.quota import QuotaPeriod
from billing.models.subscriptions import Subscription
from core.ids import uuid7


class BillingDetails(models.Model):
    """To whom a tenant's invoices are made out."""

    subscription = models.OneToOneField(
        Subscription, on_delete=models.CASCADE, primary_key=True, related_name="details"
    )
    company = models.CharField(_("company"), max_length=200)
    line1 = models.CharField(_("street"), max_length=200)
    line2 = models.CharField(_("second line"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100)
    country = models.CharField(_("country"), max_length=2, help_text=_("Two letters, such as PT."))
    tax_id = models.CharField(_("tax id"), max_length=30, blank=True, help_text=_("VAT number in the EU."))
    email = models.EmailField(_("e-mail for invoices"))
    purchase_order = models.CharField(_("your reference"), max_length=60, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.company


class InvoiceSeries(models.Model):
    """The last number given in a series of numbers without gaps, such as those of a year."""

    code = models.CharField(primary_key=True, max_length=20)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.code} {self.last}"


class Invoice(models.Model):
    """An invoice or a credit note: ours, or the copy of one of Stripe's. Once it is issued only its payment changes.

    Money is in US dollars. `seller` and `buyer` are kept as they were when it was issued. A credit note's amounts are
    positive: what it takes off the invoice that it corrects.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PAID = "paid", _("Paid")
        VOID = "void", _("Void")
        UNCOLLECTIBLE = "uncollectible", _("Uncollectible")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.OPEN: {Status.PAID, Status.VOID, Status.UNCOLLECTIBLE},
        Status.UNCOLLECTIBLE: {Status.PAID, Status.VOID},
    }

    class Source(models.TextChoices):
        OWN = "own", _("Candor's")
        STRIPE = "stripe", _("Stripe's")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="invoices")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.INVOICE)
    source = models.CharField(max_length=6, choices=Source.choices, default=Source.OWN)
    status = models.CharField(max_length=13, choices=Status.choices, default=Status.OPEN)
    number = models.CharField(max_length=60)
    stripe_id = models.CharField(max_length=100, blank=True, db_default="")
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections")
    seller = models.JSONField(default=dict)
    buyer = models.JSONField(default=dict)
    subtotal_usd = models.DecimalField(max_digits=12, decimal_places=2)
    tax_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    tax_usd = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    tax_note = models.CharField(max_length=300, blank=True)
    total_usd = models.DecimalField(max_digits=12, decimal_places=2)
    period_start = models.DateTimeField(null=True)
    period_end = models.DateTimeField(null=True)
    issued_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    payment_reference = models.CharField(max_length=200, blank=True)
    hosted_url = models.URLField(max_length=2000, blank=True, help_text=_("Where Stripe shows it."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-issued_at", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="one_invoice_a_number"),
            models.UniqueConstraint(
                fields=["stripe_id"], condition=~Q(stripe_id=""), name="one_copy_of_an_invoice_of_stripe"
            ),
            models.CheckConstraint(condition=Q(total_usd=F("subtotal_usd") + F("tax_usd")), name="an_invoice_adds_up"),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(paid_at__isnull=False), name="a_paid_invoice_says_when"
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", corrects=None) | Q(kind="credit_note", corrects__isnull=False),
                name="a_credit_note_corrects_an_invoice",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceLine(models.Model):
    """Something to pay, or to give back (a minus). Without an invoice it waits for the next one."""

    class Kind(models.TextChoices):
        PLAN = "plan", _("Plan")
        PRORATION = "proration", _("Change of plan")
        OVERAGE = "overage", _("Interviews beyond the included")
        OTHER = "other", _("Other")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="lines")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="lines")
    period = models.ForeignKey(QuotaPeriod, on_delete=models.PROTECT, null=True, blank=True, related_name="lines")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=12, decimal_places=3, default=1)
    unit_price_usd = models.DecimalField(max_digits=12, decimal_places=4)
    amount_usd = models.DecimalField(max_digits=12, decimal_places=2)
    from_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=120, unique=True, help_text=_("What it is for: nothing is charged twice."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.text} {self.amount_usd}"
