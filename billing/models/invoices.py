"""What a tenant owes: invoices, credit notes, and the lines that wait for one."""

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from billing.models.quota import QuotaPeriod
from billing.models.subscriptions import Subscription
from core.ids import uuid7
from core.triggers import refuse

# An invoice's contents: once it is issued none of them changes.
CONTENTS = (
    *("id", "subscription_id", "kind", "source", "number", "stripe_id", "corrects_id", "seller", "buyer"),
    *("subtotal_usd", "tax_percent", "tax_usd", "tax_note", "total_usd"),
    *("period_start", "period_end", "issued_at", "due_at", "hosted_url", "created_at"),
)
OF_A_LINE = (
    *("id", "subscription_id", "period_id", "kind", "text", "quantity", "unit_price_usd", "amount_usd"),
    *("from_at", "until_at", "key", "created_at"),
)


def _changed(columns: tuple[str, ...]) -> str:
    old, new = (", ".join(f"{name}.{column}" for column in columns) for name in ("OLD", "NEW"))
    return f"ROW({old}) IS DISTINCT FROM ROW({new})"


def _refused(name: str, operation: pgtrigger.Operation, condition: str, message: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=operation,
        condition=pgtrigger.Condition(condition),
        func=f"RAISE EXCEPTION '{message}' USING ERRCODE = 'insufficient_privilege';",
    )


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

    class Meta:
        verbose_name = verbose_name_plural = _("billing details")

    def __str__(self) -> str:
        return self.company


class InvoiceSeries(models.Model):
    """The last number given in a series of numbers without gaps, such as those of a year."""

    code = models.CharField(primary_key=True, max_length=20)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        triggers = [
            _refused(
                "numbers_go_up_by_one",
                pgtrigger.Update,
                "OLD.code <> NEW.code OR NEW.last <> OLD.last + 1",
                "A number of an invoice is given once, and the next one follows it.",
            ),
            refuse("a_series_never_goes", pgtrigger.Delete | pgtrigger.Truncate, "A series of numbers stays."),
        ]

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
            models.CheckConstraint(
                condition=Q(source="stripe") | Q(subtotal_usd__gte=0, tax_usd__gte=0),
                name="an_own_invoice_is_not_negative",
            ),
        ]
        triggers = [
            _refused(
                "an_issued_invoice_never_changes",
                pgtrigger.Update,
                f"OLD.source = 'own' AND {_changed(CONTENTS)}",
                "An issued invoice never changes: issue a credit note.",
            ),
            _refused(
                "what_was_settled_stays_settled",
                pgtrigger.Update,
                "OLD.source = 'own' AND OLD.status IN ('paid', 'void') AND"
                f" {_changed(('status', 'paid_at', 'payment_reference'))}",
                "An invoice that is paid or void stays so: issue a credit note.",
            ),
            _refused(
                "an_issued_invoice_never_goes", pgtrigger.Delete, "OLD.source = 'own'", "An issued invoice stays."
            ),
            refuse("invoices_are_never_truncated", pgtrigger.Truncate, "An issued invoice stays."),
            pgtrigger.Trigger(
                name="an_invoice_is_the_sum_of_its_lines",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Condition("NEW.source = 'own'"),
                func="""
                    IF NEW.subtotal_usd IS DISTINCT FROM
                       (SELECT sum(amount_usd) FROM public.billing_invoiceline WHERE invoice_id = NEW.id) THEN
                        RAISE EXCEPTION 'An invoice is the sum of its lines: attach them before it is issued.'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def stands(self) -> str:
        """Its status in words: a credit note of an unpaid invoice was taken off it at once, another is paid back."""
        if self.kind != self.Kind.CREDIT_NOTE or self.status not in (self.Status.OPEN, self.Status.PAID):
            return str(self.get_status_display())
        if self.status == self.Status.OPEN:
            return str(_("Issued"))
        taken_off = self.source == self.Source.OWN and self.paid_at == self.issued_at
        return str(_("Taken off the invoice") if taken_off else _("Paid back"))

    @property
    def sign(self) -> int:
        """Of its amounts as people read them: a credit note's have a minus."""
        return -1 if self.kind == self.Kind.CREDIT_NOTE else 1

    @property
    def shown_usd(self) -> Decimal:
        """The total as people read it."""
        return self.sign * self.total_usd

    def left(self) -> tuple[Decimal, Decimal]:
        """Net and gross of an invoice that no credit note took back; a void one took nothing. One query."""
        noted = self.corrections.exclude(status=self.Status.VOID)
        sums = noted.aggregate(net=Sum("subtotal_usd"), gross=Sum("total_usd"))
        return self.subtotal_usd - (sums["net"] or 0), self.total_usd - (sums["gross"] or 0)

    @property
    def zone(self) -> str:
        """In whose clock its dates are read: its seller's. Of Stripe's nobody says, so in UTC."""
        return self.seller.get("zone") or "UTC"


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
        indexes = [
            models.Index(fields=["subscription"], condition=Q(invoice=None), name="lines_that_wait"),
        ]
        triggers = [
            _refused(
                "a_line_never_changes",
                pgtrigger.Update,
                f"{_changed(OF_A_LINE)} OR (OLD.invoice_id IS NOT NULL"
                " AND OLD.invoice_id IS DISTINCT FROM NEW.invoice_id)",
                "A line never changes, and stays on the invoice that it was given.",
            ),
            _refused(
                "a_line_of_an_invoice_never_goes",
                pgtrigger.Delete,
                "OLD.invoice_id IS NOT NULL",
                "A line of an invoice stays.",
            ),
            refuse("lines_are_never_truncated", pgtrigger.Truncate, "A line of an invoice stays."),
            # Its lines are attached before an invoice is written, in one transaction: then it is sealed.
            pgtrigger.Trigger(
                name="an_issued_invoice_takes_no_line",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Condition("NEW.invoice_id IS NOT NULL"),
                func="""
                    IF (TG_OP = 'INSERT' OR OLD.invoice_id IS NULL)
                       AND EXISTS (SELECT FROM public.billing_invoice
                                    WHERE id = NEW.invoice_id AND source = 'own') THEN
                        RAISE EXCEPTION 'An issued invoice takes no further line.'
                            USING ERRCODE = 'insufficient_privilege';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    @property
    def shown_usd(self) -> Decimal:
        """The amount as people read it."""
        return self.amount_usd * (self.invoice.sign if self.invoice else 1)

    @property
    def shown_unit_usd(self) -> Decimal:
        """The price of one as people read it."""
        return self.unit_price_usd * (self.invoice.sign if self.invoice else 1)

    def __str__(self) -> str:
        return f"{self.text} {self.amount_usd}"
