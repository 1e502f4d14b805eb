"""What models cost by UTC month, tenant and what answered: from the days that were added up, and what came since."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from llm import usage
from llm.models import LlmCall, UsageDay


@dataclass(slots=True)
class Spending:
    """In US dollars. `cost_usd` is what we pay for: calls by a tenant's own key cost `own_key_usd`, which it pays."""

    requests: int = 0
    cost_usd: Decimal = Decimal(0)
    own_key_usd: Decimal = Decimal(0)
    saved_usd: Decimal = Decimal(0)


Spent = dict[tuple[int, str, str], Spending]


def by_month(starts: Sequence[datetime], *, using: str = DEFAULT_DB_ALIAS) -> Spent:
    """(place of the month among `starts`, tenant, source) -> what was spent; the last of `starts` ends the time.

    Days are added up by full hours; of the hours since, the ledger's own rows count.
    """
    months = {start.date(): place for place, (start, _) in enumerate(pairwise(starts))}
    rolled = usage.rolled_until(using=using)
    days = UsageDay.objects.using(using).filter(day__gte=starts[0].date(), day__lt=starts[-1].date())
    calls = LlmCall.objects.using(using).filter(
        created_at__gte=max(starts[0], rolled), created_at__lt=starts[-1], settled_at__isnull=False
    )
    of_days = days.annotate(month=TruncMonth("day")).values("month", "tenant", "source")
    of_calls = calls.annotate(month=TruncMonth("created_at", tzinfo=UTC)).values("month", "tenant", "source")
    found: Spent = defaultdict(Spending)
    for row in of_days.annotate(
        asked=Sum("requests"), cost=Sum("cost_usd"), own=Sum("own_key_usd"), saved=Sum("saved_usd")
    ):
        _add(found, months[row["month"]], row)
    for row in of_calls.annotate(
        asked=Count("id", filter=Q(attempt=1)),
        cost=Sum("cost_usd"),
        own=Sum("cost_usd", filter=Q(own_key=True)),
        saved=Sum("saved_usd"),
    ):
        _add(found, months[row["month"].date()], row)
    return dict(found)


def _add(found: Spent, month: int, row: Mapping[str, Any]) -> None:
    """With whatever there is of the month, tenant and source already."""
    into = found[month, row["tenant"], row["source"]]
    own = row["own"] or Decimal(0)
    into.requests += row["asked"] or 0
    into.cost_usd += (row["cost"] or Decimal(0)) - own
    into.own_key_usd += own
    into.saved_usd += row["saved"] or Decimal(0)
