"""How a tenant begins to pay: by invoice here, by card where a provider of payments was connected."""

from collections.abc import Callable

from billing.models import BillingDetails, Plan, Subscription

BeginByCard = Callable[[Subscription, Plan], str]
_card: list[BeginByCard] = []


class NoDetails(Exception):
    """An invoice needs somebody to whom it is made out: fill in the billing details first."""


class NoCards(Exception):
    """This installation takes no cards."""


def connect_card(begin: BeginByCard) -> None:
    """Say who begins a payment by card; `begin` returns the address to which the person goes to pay."""
    _card[:] = [begin]


def by_card() -> bool:
    """Whether cards are taken here."""
    return bool(_card)


def begin_by_card(held: Subscription, plan: Plan) -> str:
    """The address at which the person pays; the subscription becomes active when the provider says so.

    :raises NoCards: if none are taken.
    """
    if not _card:
        raise NoCards
    return _card[0](held, plan)


def require_details(held: Subscription) -> None:
    """:raises NoDetails: unless invoices can be made out."""
    if not BillingDetails.objects.filter(subscription=held).exists():
        raise NoDetails
