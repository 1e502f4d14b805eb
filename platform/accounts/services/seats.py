"""Places of people in the tenant's plan: taken by who has an account that works, or an invitation that still does."""

from django.db import connection

from accounts.models import TeamInvitation, User
from core import clock, entitlements, tenancy

# Of two people who are added at once, one counts the other.
_ALONE = "SELECT pg_advisory_xact_lock(hashtext(%s))"


def taken() -> int:
    """How many places of the current tenant's plan are taken."""
    return User.objects.filter(is_active=True).count() + invited()


def invited() -> int:
    """How many of them by an open invitation alone."""
    people = User.objects.filter(is_active=True)
    waiting = TeamInvitation.objects.filter(status=TeamInvitation.Status.PENDING, expires_at__gt=clock.now())
    return waiting.exclude(email__in=people.values("email")).count()


def require() -> None:
    """Have a place for one more, until the transaction ends.

    :raises core.entitlements.NoSeatLeft: if the plan has none left.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ALONE, [f"seats:{tenancy.schema()}"])
    entitlements.require_seat()
