"""What happens when a payment fails, and when it comes after all. The caller's transaction holds the subscription."""

from billing.models import Subscription
from billing.services import standing

Status = Subscription.Status


def payment_failed(held: Subscription, *, why: str) -> None:
    """The grace begins, unless it did."""
    if held.status == Status.ACTIVE:
        standing.fall_due(held, why=why)


def paid(held: Subscription) -> None:
    """Nothing is owed any more: everything goes on."""
    if held.status in (Status.PAST_DUE, Status.READ_ONLY):
        standing.recover(held, why="paid")
