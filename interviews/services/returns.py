"""The return on investment, for those who answer for billing: sums alone, nobody's data."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit, months
from interviews.models import ReturnAssumptions
from interviews.selectors import adoption, returns


def read(*, by: User) -> dict[str, Any]:
    """The last months, all of them together, and what of the product was used in them.

    :raises accounts.roles.NotPermitted: for who does not see billing.
    """
    by.require(Permission.VIEW_BILLING)
    audit.record("return.viewed")
    said = returns.assumptions()
    found = returns.by_month(said)
    since, _until = months.span(months.before(months.this(), returns.SHOWN - 1))
    return {
        "said": said,
        "months": found,
        "total": returns.together(found),
        "since": since,
        "interviews": adoption.of_interviews(since),
        "jobs": adoption.of_jobs(since),
        "company": adoption.of_the_company(),
    }


@transaction.atomic
def assume(*, by: User, usd_an_hour: Decimal, interview_minutes: int) -> None:
    """Keep what the tenant says an interview by a person takes and costs.

    :raises accounts.roles.NotPermitted: for who does not manage billing.
    :raises django.db.IntegrityError: if it is out of all bounds; nothing is stored.
    """
    by.require(Permission.MANAGE_BILLING)
    given = {"usd_an_hour": usd_an_hour, "interview_minutes": interview_minutes}
    row, _made = ReturnAssumptions.objects.update_or_create(pk=1, defaults=given)
    audit.record("return.assumptions_set", row, usd_an_hour=str(usd_an_hour), interview_minutes=interview_minutes)
