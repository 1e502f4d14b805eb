"""What the platform's staff says of an invoice: paid, void, credited. The services decide whether it is so."""

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


class PaidForm(forms.Form):
    title, button = _("Mark as paid"), _("It is paid")
    intro = _("The money arrived; of a credit note: it was paid back. This can't be undone.")
    on = forms.DateField(label=_("Date of the payment"), widget=UnfoldAdminSingleDateWidget)
    reference = forms.CharField(
        label=_("Reference"),
        max_length=settling.LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("By which it is found in the account."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.now().date()

    def act(self, invoice: Invoice, *, by: UUID) -> Invoice:
        return settling.mark_paid(invoice_id=invoice.pk, by=by, **self.cleaned_data)


class VoidForm(forms.Form):
    title, button = _("Make void"), _("Make it void")
    intro = _("Nothing is owed by it any more; its number stays. What was paid is corrected by a credit note.")
    reason = ReasonField(_("The tenant reads it in its audit trail."))
    again = forms.BooleanField(
        label=_("Charge its lines again"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=_("They wait for the next invoice, for instance because this one was made out to somebody else."),
    )

    def act(self, invoice: Invoice, *, by: UUID) -> Invoice:
        return settling.void(invoice_id=invoice.pk, by=by, **self.cleaned_data)


class CreditForm(forms.Form):
    title, button = _("Issue a credit note"), _("Issue it")
    intro = _("It lowers what is to be paid; what was paid already is paid back by bank, and then marked so.")
    total_usd = forms.DecimalField(
        label=_("Amount in dollars, tax included"),
        required=False,
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=_("Empty: all that is left of the invoice."),
    )
    reason = ReasonField(_("It stands on the credit note."))

    def act(self, invoice: Invoice, *, by: UUID) -> Invoice:
        return settling.credit(invoice_id=invoice.pk, by=by, **self.cleaned_data)
