"""An account at a server on loopback, as a row of the registry."""

from decimal import Decimal

from core import clock
from llm import registry
from llm.models import Account, Offer, Price


def account(label: str, base_url: str, key_source: str, *, model: str = "keyed", usd: str = "1") -> Account:
    """An account that is used from now on, with one strong model of this price per million tokens."""
    today = clock.now().date()
    row = Account.objects.create(
        label=label, provider=label, base_url=base_url, key_source=key_source, verified_at=today
    )
    offer = Offer.objects.create(account=row, model=model, quality=Offer.Quality.FRONTIER, verified_at=today)
    price = Decimal(usd)
    Price.objects.create(offer=offer, version="2026-01-01", usd_in=price, usd_cached=price, usd_out=price)
    registry.forget()
    return row
