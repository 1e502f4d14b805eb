"""What the page about the models' use shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from llm import costs, health, pace, stats, usage
from llm.costs import Cost

LONGEST = 20  # rows of a table of many keys

_LATENCY = """
    SELECT account, percentile_disc(0.5) WITHIN GROUP (ORDER BY latency_ms),
           percentile_disc(0.95) WITHIN GROUP (ORDER BY latency_ms)
      FROM public.llm_call
     WHERE created_at > %s AND settled_at IS NOT NULL AND source = 'provider' AND error_kind <> 'lost'
     GROUP BY account"""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account's calls in the time that is shown, and its latency in the last hour (None without calls in it)."""

    cost: Cost
    p50_ms: int | None
    p95_ms: int | None

    @property
    def failed_percent(self) -> float:
        return 100 * self.cost.failures / self.cost.calls if self.cost.calls else 0.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the chart, in the units of its view box."""

    cost: Cost
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """One of a Cost's figures by day as bars, in a view box of WIDTH x HEIGHT; `most` is the highest bar's."""

    bars: list[Bar]
    most: Any
    bar_width: float

    WIDTH = 900
    HEIGHT = 160


def build(now: datetime, days: int) -> dict[str, Any]:
    """The figures of the last so many days and of the last hour."""
    since = usage.hour_of(now - timedelta(days=days)).replace(hour=0)
    by_day = costs.costs("day", since, now)
    return {
        "stats": stats.optimization_stats(since, now),
        "last_hour": pace.last_hour(now),
        "spending": chart("cost_usd", by_day, since, days + 1),
        "requests": chart("requests", by_day, since, days + 1),
        "accounts": _accounts(since, now),
        "features": _dearest(costs.costs("feature", since, now)),
        "tenants": _dearest(costs.costs("tenant", since, now)),
        "budgets": pace.shares(now)[:LONGEST],
        "mode": health.mode(),
        "health": health.overview(),
    }


def chart(figure: str, by_day: list[Cost], since: datetime, days: int) -> Chart:
    """A bar for every day, those without calls too; `figure` is a name of Cost's."""
    found = {cost.key.date(): cost for cost in by_day}
    dates = [since + timedelta(days=place) for place in range(days)]
    lines = [found.get(date.date(), Cost(date)) for date in dates]
    most = max((getattr(line, figure) for line in lines), default=0)
    step = Chart.WIDTH / days
    bars = []
    for place, line in enumerate(lines):
        height = round(Chart.HEIGHT * float(getattr(line, figure) / most), 1) if most else 0.0
        bars.append(Bar(line, round(place * step, 1), round(Chart.HEIGHT - height, 1), height))
    return Chart(bars, most, round(step * 0.8, 1))


def latencies(now: datetime) -> Mapping[str, tuple[int, int]]:
    """p50 and p95 of the last hour's calls in milliseconds, by account."""
    with connection.cursor() as cursor:
        cursor.execute(_LATENCY, [now - timedelta(hours=1)])
        return {account: (p50, p95) for account, p50, p95 in cursor.fetchall()}


def _accounts(since: datetime, now: datetime) -> list[AccountLine]:
    known = latencies(now)
    lines = costs.costs("account", since, now)
    return [AccountLine(line, *known.get(line.key, (None, None))) for line in lines if line.key]


def _dearest(lines: list[Cost]) -> list[Cost]:
    return sorted(lines, key=lambda line: (-line.cost_usd, -line.requests))[:LONGEST]
