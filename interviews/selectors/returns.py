"""What interviewing this way gave back: a person's hours that were not needed, less those spent on reviewing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from billing.selectors import receipts as billing
from core import months
from interviews.models import Interview, ReturnAssumptions, Review

SHOWN = 12  # months
MS_AN_HOUR, MINUTES_AN_HOUR = Decimal(3_600_000), Decimal(60)


@dataclass(frozen=True, slots=True)
class Return:
    """Of the interviews that were completed in a month, or in all of them (`month` is None).

    `reviewed` of them have a submitted review. Hours and dollars are None where they rest on nothing: without the
    tenant's assumptions, or without a completed interview. `paid_usd` is None where nothing was paid for yet.
    """

    month: date | None
    completed: int
    reviewed: int
    review_hours: Decimal
    human_hours: Decimal | None
    usd_an_hour: Decimal | None
    paid_usd: Decimal | None

    @property
    def saved_hours(self) -> Decimal | None:
        return None if self.human_hours is None else self.human_hours - self.review_hours

    @property
    def worth_usd(self) -> Decimal | None:
        hours = self.saved_hours
        return None if hours is None or self.usd_an_hour is None else hours * self.usd_an_hour

    @property
    def net_usd(self) -> Decimal | None:
        """What was saved, less what was paid."""
        worth = self.worth_usd
        return None if worth is None or self.paid_usd is None else worth - self.paid_usd

    @property
    def percent(self) -> int | None:
        """The return: `net_usd` in percent of what was paid."""
        net = self.net_usd
        return None if net is None or not self.paid_usd else round(net * 100 / self.paid_usd)


def assumptions() -> ReturnAssumptions | None:
    """What the tenant said, if it did."""
    return ReturnAssumptions.objects.first()


def by_month(said: ReturnAssumptions | None) -> list[Return]:
    """The last months, the newest first, as far back as something was completed or paid, in four queries."""
    shown = [months.before(months.this(), back) for back in range(SHOWN)]
    completed = _completed(shown[-1])
    paid = billing.paid_usd(shown)
    found = [_return(month, *completed.get(month, (0, 0, 0)), said, paid[month]) for month in shown]
    while found and not found[-1].completed and found[-1].paid_usd is None:
        found.pop()
    return found


def together(found: Sequence[Return]) -> Return:
    """All these months as one."""
    human = [one.human_hours for one in found if one.human_hours is not None]
    paid = [one.paid_usd for one in found if one.paid_usd is not None]
    return Return(
        month=None,
        completed=sum(one.completed for one in found),
        reviewed=sum(one.reviewed for one in found),
        review_hours=sum((one.review_hours for one in found), Decimal(0)),
        human_hours=sum(human, Decimal(0)) if human else None,
        usd_an_hour=next((one.usd_an_hour for one in found), None),
        paid_usd=sum(paid, Decimal(0)) if paid else None,
    )


def _completed(since: date) -> dict[date, tuple[int, int, int]]:
    """Month -> completed interviews, those of them with a submitted review, and milliseconds of all their reviews."""
    from_at, _until = months.span(since)
    over = Interview.objects.filter(completed_at__gte=from_at)
    counted = over.values(month=TruncMonth("completed_at", tzinfo=UTC)).annotate(
        completed=Count("pk", distinct=True),
        reviewed=Count("pk", distinct=True, filter=Q(reviews__status=Review.Status.SUBMITTED)),
    )
    reviews = Review.objects.filter(interview__completed_at__gte=from_at)
    spent = reviews.values(month=TruncMonth("interview__completed_at", tzinfo=UTC)).annotate(ms=Sum("active_ms"))
    took = {row["month"].date(): row["ms"] for row in spent.order_by()}
    return {
        (month := row["month"].date()): (row["completed"], row["reviewed"], took.get(month, 0))
        for row in counted.order_by()
    }


def _return(
    month: date, completed: int, reviewed: int, ms: int, said: ReturnAssumptions | None, paid_usd: Decimal | None
) -> Return:
    known = said if completed else None
    return Return(
        month=month,
        completed=completed,
        reviewed=reviewed,
        review_hours=ms / MS_AN_HOUR,
        human_hours=completed * known.interview_minutes / MINUTES_AN_HOUR if known else None,
        usd_an_hour=said.usd_an_hour if said else None,
        paid_usd=paid_usd,
    )
