"""What VAT adds to a sum, told before anybody agrees to it."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.models import Seller, Subscription
from billing.models.sellers import THE_ONE
from billing.services import billing_details, invoicing, tax


@dataclass(frozen=True, slots=True)
class Taxed:
    """A sum with its tax, as the invoice will have it; `note` is the sentence that it carries, "" for none."""

    net_usd: Decimal
    percent: Decimal
    tax_usd: Decimal
    note: str

    @property
    def total_usd(self) -> Decimal:
        return self.net_usd + self.tax_usd


def of(held: Subscription, net_usd: Decimal) -> Taxed | None:
    """None while nobody can say: without a seller, or details that an invoice can be made out to."""
    seller, buyer = _seller(), billing_details.as_dict(held)
    try:
        kept = billing_details.valid(buyer) if buyer else None
    except billing_details.BadDetails:
        return None
    if seller is None or kept is None:
        return None
    owed = invoicing.tax_of(seller, kept)
    return Taxed(net_usd, owed.percent.normalize(), owed.on(net_usd), owed.note)


def hint() -> str:
    """What a VAT number is good for, beside the field for it; "" where the seller charges none."""
    seller = _seller()
    if seller is None or seller.country not in tax.EU or not seller.tax_percent:
        return ""
    percent = f"{seller.tax_percent.normalize():f}"
    return _("Without it we must add %(percent)s%% VAT to invoices for companies in the EU.") % {"percent": percent}


def _seller() -> Seller | None:
    return Seller.objects.filter(pk=THE_ONE).first()
