"""How many interviews began and were completed, what their servers cost, and which plan a tenant had."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from django.db import connection

from billing.margin.months import place_of
from billing.models import InfrastructureShare, QuotaPeriod, UsageRecord

Share = tuple[date, Decimal]
Kind = UsageRecord.Kind

# Each moment of `edges` begins a part of the time in which neither the month nor the share of the servers changes.
_COUNT = """
    SELECT held.tenant_id, used.kind, width_bucket(used.occurred_at, %(edges)s::timestamptz[]) - 1, count(*)
      FROM public.billing_usagerecord used
      JOIN public.billing_subscription held ON held.id = used.subscription_id
     WHERE used.kind IN ('interview_started', 'interview_completed')
       AND used.occurred_at >= %(since)s AND used.occurred_at < %(until)s
     GROUP BY 1, 2, 3"""


@dataclass(slots=True)
class Interviews:
    started: int = 0
    completed: int = 0
    infrastructure_usd: Decimal = Decimal(0)
    unshared: int = 0  # began before any share was set


def without_share(starts: Sequence[datetime]) -> list[int]:
    """The places of the months in which no share of the servers was set on any day."""
    first = min((day for day, _usd in shares()), default=None)
    return [place for place, end in enumerate(starts[1:]) if first is None or first >= end.date()]


def shares() -> list[Share]:
    """From which UTC day on an interview that begins costs how many dollars in servers; the earliest first."""
    return list(InfrastructureShare.objects.order_by("from_date").values_list("from_date", "usd_an_interview"))


def by_month(starts: Sequence[datetime]) -> dict[tuple[int, UUID], Interviews]:
    """(place of the month, tenant) -> its interviews: one query, and that for the shares."""
    known = shares()
    changes = [datetime.combine(day, time(), UTC) for day, _ in known]
    edges = sorted({*starts[:-1], *(moment for moment in changes if starts[0] < moment < starts[-1])})
    found: dict[tuple[int, UUID], Interviews] = defaultdict(Interviews)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"edges": edges, "since": starts[0], "until": starts[-1]})
        for tenant, kind, edge, count in cursor.fetchall():
            place = place_of(edges[edge], starts)
            assert place is not None  # every edge is in one of the months
            into = found[place, tenant]
            if kind == Kind.COMPLETED:
                into.completed += count
            else:
                into.started += count
                share = _share_at(edges[edge], known)
                into.infrastructure_usd += count * (share or 0)
                into.unshared += count if share is None else 0
    return dict(found)


def _share_at(moment: datetime, known: Sequence[Share]) -> Decimal | None:
    """None before the first was set."""
    return next((usd for day, usd in reversed(known) if day <= moment.date()), None)


def plans(starts: Sequence[datetime]) -> dict[tuple[int, UUID], str]:
    """(place of the month, tenant) -> the name of its plan at the month's end, or its last one: one query."""
    periods = QuotaPeriod.objects.filter(period_start__lt=starts[-1], plan__isnull=False).order_by("period_start")
    found: dict[tuple[int, UUID], str] = {}
    ends = list(pairwise(starts))
    rows = periods.filter(period_end__gt=starts[0]).values_list("subscription__tenant_id", "period_start", "plan__name")
    for tenant, began, name in rows.iterator():
        found |= {(place, tenant): name for place, (_, end) in enumerate(ends) if began < end}
    return found
