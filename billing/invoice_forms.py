"""What the platform's staff says of an invoice: paid, void, credited, given back. The services decide whether it is so.

Ours and Stripe's have forms of their own: what is done to one of Stripe's is done at Stripe, and copied.
"""

from typing import Any, Protocol
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from billing.models import Invoice
from billing.services import settling
from billing.services.stripe import refunds
from core import clock
from tenants.admin.reasons import ReasonField


class ActForm(Protocol):
    """A form for one act on an invoice, with the words of its page."""

    title: Any
    intro: Any
    button: Any

    @property
    def errors(self) -> Any: ...

    def is_valid(self) -> bool: ...

    def add_error(self, field: str | None, error: Any) -> None: ...

    def act(self, invoice: Invoice, *, by: UUID) -> Invoice:
        """:raises settling.NotPossible, settling.BadAmount: with nothing changed."""


class InvoiceForm(forms.Form):
    def __init__(self, *args: Any, invoice: Invoice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "left_usd" in self.fields:
            self.fields["left_usd"].initial = invoice.left()[1]


class PaidForm(InvoiceForm):
    title, button = _("Mark as paid"), _("Mark as paid")
    intro = _("The money has arrived (for a credit note: it was paid back). This can't be undone.")
    on = forms.DateField(label=_("Date of the payment"), widget=UnfoldAdminSingleDateWidget)
    reference = forms.CharField(
        label=_("Reference"),
        max_length=settling.LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("As it appears on the bank statement."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.now().date()

    def act(self, invoice: Invoice, *, by: UUID) -> Invoice:
        return settling.mark_paid(invoice_id=invoice.pk, by=by, **self.cleaned_data)


class VoidForm(InvoiceForm):
    title, button = _("Void"), _("Void the invoice")
    intro = _(
        "Nothing is due on it any more; its number stays. "
        "To correct an amount that was already paid, issue a credit note."
    )
    reason = ReasonField(_("The tenant sees this in its audit trail."))
    again = forms.BooleanField(
        label=_("Invoice its lines again"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=_(
            "The lines go onto the next invoice, for example because this one was made out to the wrong company."
        ),
    )

    def act(self, invoice: Invoice, *, by: UUID) -> Invoice:
        return settling.void(invoice_id=invoice.pk, by=by, **self.cleaned_data)


class SeenForm(InvoiceForm):
    """With what was left of the invoice when the page was shown."""

    left_usd = forms.DecimalField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("left_usd") is None:
            raise forms.ValidationError(_("Load the page anew: it does not say what was left of the invoice."))
        return found


class RefundForm(SeenForm):
    title, button = _("Give money back"), _("Give it back")
    intro = _("Stripe sends it to the card by which the invoice was paid, with a credit note. This can't be undone.")
    amount_usd = forms.DecimalField(
        label=_("Amount in dollars, tax included"),
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    reason = ReasonField(_("It stands on Stripe's credit note, and the tenant reads it in its audit trail."))

    def __init__(self, *args: Any, invoice: Invoice, **kwargs: Any) -> None:
        super().__init__(*args, invoice=invoice, **kwargs)
        left = self.fields["left_usd"].initial
        self.fields["amount_usd"].help_text = _("At most $%(left)s: so much was not given back yet.") % {"left": left}

    def act(self, invoice: Invoice, *, by: UUID) -> Invoice:
        return refunds.refund(invoice_id=invoice.pk, by=by, **self.cleaned_data)


class VoidAtStripeForm(InvoiceForm):
    title, button = _("Make void"), _("Make it void")
    intro = _("Stripe stops collecting it, and nothing is owed by it any more. What was paid is given back instead.")
    reason = ReasonField(_("The tenant reads it in its audit trail."))

    def act(self, invoice: Invoice, *, by: UUID) -> Invoice:
        return refunds.void(invoice_id=invoice.pk, by=by, **self.cleaned_data)


class CreditForm(SeenForm):
    title, button = _("Issue a credit note"), _("Issue it")
    intro = _(
        "It reduces the amount due. If the invoice was already paid, transfer the money back "
        "and then mark the credit note as paid."
    )
    total_usd = forms.DecimalField(
        label=_("Amount in dollars, tax included"),
        required=False,
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=_("Leave empty for the full remaining amount."),
    )
    reason = ReasonField(_("Printed on the credit note."))

    def act(self, invoice: Invoice, *, by: UUID) -> Invoice:
        return settling.credit(invoice_id=invoice.pk, by=by, **self.cleaned_data)
