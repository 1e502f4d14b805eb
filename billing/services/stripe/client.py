"""The one way to Stripe: nothing is held while it answers, and its errors come out as four of ours.

The library tries a call that broke off a second time, under the same idempotency key: these are the only retries
here. Whoever must not give up is a due row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import stripe
import structlog
from django.conf import settings
from stripe import StripeClient

from core import metrics, pool

CONNECT_SECONDS, ANSWER_SECONDS = 3.05, 12.0
SECOND_TRIES = 1
CURRENCY = "usd"
MOST_LISTED = 100  # a page of Stripe's lists

stripe.enable_telemetry = False
log = structlog.get_logger()


class Off(Exception):
    """Payment by card is not set up here."""


class Unavailable(Exception):
    """Stripe does not answer. What was asked may or may not have been done; the mirror will tell."""


class Declined(Exception):
    """The card was declined; the text says why, in Stripe's words for its holder."""


class Refused(Exception):
    """Stripe refuses what was asked; `code` is its reason."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Gone(Refused):
    """There is no such thing at Stripe."""


def is_on() -> bool:
    """Whether cards are taken here."""
    return bool(settings.STRIPE_SECRET_KEY)


def is_live() -> bool:
    """Whether the key moves real money."""
    return "_live_" in settings.STRIPE_SECRET_KEY


@contextmanager
def asking() -> Iterator[StripeClient]:
    """The client, with every connection given back to its pool.

    :raises Off, Unavailable, Declined, Refused, core.pool.HeldDuringCall: see there.
    """
    if not is_on():
        raise Off
    pool.give_back()
    try:
        yield _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)
    except stripe.CardError as error:
        raise _told(Declined(error.user_message or ""), error) from error
    except stripe.InvalidRequestError as error:
        missing = error.http_status == 404 or error.code == "resource_missing"
        raise _told((Gone if missing else Refused)(error.code or "invalid", str(error)), error) from error
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        raise _told(Unavailable(type(error).__name__), error) from error
    except stripe.StripeError as error:  # a key that is wrong or may not do this: for the operator, not for the person
        log.error("stripe_refused", kind=type(error).__name__, status=error.http_status)
        raise _told(Unavailable(type(error).__name__), error) from error


def plain(found: Any) -> dict[str, Any]:
    """An object of Stripe's as JSON has it."""
    made: dict[str, Any] = found.to_dict(for_json=True)
    return made


def listed(page: Any, most: int = 10_000) -> Iterator[dict[str, Any]]:
    """The objects of a list and of the pages after it, newest first as Stripe sorts them."""
    for place, found in enumerate(page.auto_paging_iter()):
        if place >= most:
            log.error("stripe_list_cut", most=most)
            return
        yield plain(found)


def _told(ours: Exception, error: stripe.StripeError) -> Exception:
    outcome = type(ours).__name__.lower()
    metrics.stripe_calls_failed.labels(outcome).inc()
    log.warning("stripe_call_failed", outcome=outcome, code=error.code, request=error.request_id)
    return ours


@cache
def _client(key: str, base: str) -> StripeClient:
    return StripeClient(
        key,
        base_addresses={"api": base} if base else {},
        max_network_retries=SECOND_TRIES,
        http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, ANSWER_SECONDS)),
    )
