"""One person at a time asks Stripe for something for a tenant: a claim in a column, no lock, no transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.db import connection

from billing.models import Subscription

LONGEST = timedelta(seconds=90)  # above every try of the few calls that one act makes
TAKE = """
    UPDATE public.billing_subscription SET stripe_busy_until = statement_timestamp() + make_interval(secs => %s)
     WHERE id = %s AND (stripe_busy_until IS NULL OR stripe_busy_until < statement_timestamp())
 RETURNING stripe_busy_until"""


class Busy(Exception):
    """Somebody else asks Stripe for this tenant at this moment."""


@contextmanager
def taken(subscription_id: UUID) -> Iterator[Subscription]:
    """The subscription, while nobody else asks Stripe for anything that concerns it.

    :raises Busy: if somebody does.
    """
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [LONGEST.total_seconds(), subscription_id])
        row = cursor.fetchone()
    if row is None:
        raise Busy
    try:
        yield Subscription.objects.select_related("tenant", "plan").get(pk=subscription_id)
    finally:
        # Only our own: whoever took over after LONGEST keeps it.
        mine = Subscription.objects.filter(pk=subscription_id, stripe_busy_until=row[0])
        mine.update(stripe_busy_until=None)
