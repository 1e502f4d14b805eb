"""VAT on a service that one business sells to another: the place of supply is where the customer is.

What is not covered stands in docs/billing.md (Invoices), such as the VIES register and one-stop-shop rates.
"""

import json
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from django.utils.translation import gettext as _

from billing.money import CENT

RULES = json.loads((Path(__file__).resolve().parents[1] / "data" / "vat.json").read_text())
EU: frozenset[str] = frozenset(RULES["eu"])
PREFIXES: dict[str, str] = RULES["prefixes"]  # of VAT numbers, where it is not the country's code
EXAMPLES: dict[str, str] = RULES["examples"]  # a VAT number of a country, in its form
NONE = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Tax:
    """The percentage on an invoice, and the sentence that it has to carry ("" for none)."""

    percent: Decimal
    note: str = ""

    def on(self, subtotal_usd: Decimal) -> Decimal:
        """The tax on a sum in whole cents, half a cent up."""
        return (subtotal_usd * self.percent / 100).quantize(CENT, ROUND_HALF_UP)


def owed(*, seller_country: str, home_percent: Decimal, buyer_country: str, has_tax_id: bool) -> Tax:
    """What a seller charges a business; `has_tax_id`: its VAT number is a valid one of its country."""
    if buyer_country == seller_country:
        return Tax(home_percent)
    if seller_country in EU and buyer_country in EU:
        if not has_tax_id:
            return Tax(home_percent)
        return Tax(NONE, _("Reverse charge: the recipient accounts for the VAT (Article 196, Directive 2006/112/EC)."))
    return Tax(NONE, _("Outside the scope of VAT in the seller's country."))
