"""What an admin does to the registry: each change is marked as a person's, audited, and seen at once."""

from typing import Any

from django.db import transaction

from core import audit, clock
from llm import registry
from llm.models import Account, Offer, Price


def save(row: Account | Offer, *, changed: list[str]) -> None:
    """Store an account or a model as this person left it; no data file overwrites it from now on."""
    with transaction.atomic():
        row.edited_at = clock.now()
        row.save()
        audit.record(f"llm.{row._meta.model_name}_saved", row, name=str(row), fields=sorted(changed))
        _seen()


def set_enabled(rows: Any, *, enabled: bool) -> int:
    """Switch accounts or models on or off, each with its line in the trail; returns how many changed."""
    changed = 0
    for row in rows.exclude(is_enabled=enabled):
        row.is_enabled = enabled
        save(row, changed=["is_enabled"])
        changed += 1
    return changed


def add_price(price: Price) -> None:
    """Store a new version; from now on the model's prices are a person's."""
    with transaction.atomic():
        price.save(force_insert=True)
        Offer.objects.filter(pk=price.offer_id).update(edited_at=clock.now())
        dollars = [str(getattr(price, name)) for name in ("usd_in", "usd_cached", "usd_out", "batch_factor")]
        audit.record("llm.price_added", price, name=str(price.offer), version=price.version, dollars=dollars)
        _seen()


def _seen() -> None:
    transaction.on_commit(registry.forget)
