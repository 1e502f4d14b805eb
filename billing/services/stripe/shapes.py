"""What is read from Stripe's objects: checked here, so that nothing odd is copied.

Newer versions of Stripe's API keep a subscription's period on its item and an invoice's subscription under `parent`;
both places are read. Cents are integers and become Decimal dollars exactly.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from billing.services.stripe.client import CURRENCY, is_live

Raw = dict[str, Any]
LIVE = frozenset({"active", "past_due", "unpaid"})  # paid for once at least, and not over
OVER = "canceled"


class Odd(ValueError):
    """Something of Stripe's that Candor never sells so: not copied, and somebody must look. The text is a code."""


@dataclass(frozen=True, slots=True)
class Bought:
    """A subscription at Stripe: `start` and `end` are those of the month that it is in."""

    id: str
    item: str
    status: str
    price: str
    costs_usd: Decimal | None  # a month; None where it is not told
    monthly: bool
    anchor_at: datetime
    start: datetime
    end: datetime
    cancels_at: datetime | None  # when it ends, or did
    metadata: dict[str, str]


def subscription(raw: Raw) -> Bought:
    """:raises Odd: unless it is one of one price, in dollars, of the mode of our key."""
    same_mode(raw)
    items = list(raw["items"]["data"])
    if len(items) != 1 or items[0].get("quantity", 1) != 1:
        raise Odd("items")
    item, price = items[0], items[0].get("price") or items[0]["plan"]
    dollars(raw if raw.get("currency") else price)
    start, end = (item.get(name) or raw[name] for name in ("current_period_start", "current_period_end"))
    cancels = raw.get("cancel_at") or (end if raw.get("cancel_at_period_end") else None)
    cancels = raw.get("ended_at") or cancels
    return Bought(
        id=raw["id"],
        item=item["id"],
        status=raw["status"],
        price=price["id"],
        costs_usd=None if price.get("unit_amount") is None else usd(price["unit_amount"]),
        monthly=_is_monthly(price),
        anchor_at=instant(raw.get("billing_cycle_anchor") or raw["start_date"]),
        start=instant(start),
        end=instant(end),
        cancels_at=instant(cancels) if cancels else None,
        metadata=dict(raw.get("metadata") or {}),
    )


def _is_monthly(price: Raw) -> bool:
    recurring = price.get("recurring") or {"interval": "month"}
    return bool(recurring["interval"] == "month" and recurring.get("interval_count", 1) == 1)


def living(found: list[Raw]) -> list[Raw]:
    """Those of a customer's subscriptions that are paid for and not over, oldest first; a second is one too many."""
    return [raw for raw in _by_age(found) if raw["status"] in LIVE]


def the_one(found: list[Raw]) -> Raw | None:
    """Of a customer's subscriptions the one that counts: the oldest that lives, else the last that ended, else any."""
    ended = [raw for raw in _by_age(found) if raw["status"] == "canceled"]
    return next(iter([*living(found), *reversed(ended), *_by_age(found)]), None)


def _by_age(found: list[Raw]) -> list[Raw]:
    return sorted(found, key=lambda raw: (raw["created"], raw["id"]))


def id_of(value: Any) -> str:
    """The id of something that is named by it, or stands there as a whole."""
    return str(value["id"]) if isinstance(value, dict) else str(value or "")


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def usd(cents: Any) -> Decimal:
    """:raises Odd: for anything but whole cents."""
    if type(cents) is not int:
        raise Odd("amount")
    return Decimal(cents).scaleb(-2)


def dollars(raw: Raw) -> None:
    """:raises Odd: for another currency."""
    if raw.get("currency") != CURRENCY:
        raise Odd("currency")


def same_mode(raw: Raw) -> None:
    """:raises Odd: if test data met a live key, or the other way round."""
    if bool(raw.get("livemode")) is not is_live():
        raise Odd("livemode")
