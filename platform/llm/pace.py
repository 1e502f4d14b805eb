"""How the last hour compares with what is usual, and how much of each budget is gone."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Min, Q, QuerySet, Sum

from llm import features, usage
from llm.models import Budget, LlmCall, UsageHour
from llm.stats import CALLED

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS = 7  # of history
KNOWN_AFTER = DAY  # since an account's first call, what is usual for it can be said
_FIRST = Q(attempt=1)
_REUSED = Q(source__in=(LlmCall.Source.CACHE, LlmCall.Source.SHARED))


@dataclass(frozen=True, slots=True)
class LastHour:
    """The last 60 minutes, all tenants. `usual_usd` is None without history.

    `cacheable` are the requests of features whose answers are kept, `reused` those of them that needed no call.
    """

    spent_usd: Decimal
    usual_usd: Decimal | None
    requests: int
    cacheable: int
    reused: int

    @property
    def usd_a_request(self) -> Decimal:
        return self.spent_usd / self.requests if self.requests else Decimal(0)

    @property
    def cache_hit_rate(self) -> float:
        return self.reused / self.cacheable if self.cacheable else 0.0


@dataclass(frozen=True, slots=True)
class AccountUse:
    """Calls of an account in the last hour, and in its mean hour of the last days (None = it is too new)."""

    account: str
    calls: int
    usual: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a budget is spent in its current period; ratios are of its limit."""

    name: str
    spent_usd: Decimal
    limit_usd: Decimal
    warn_ratio: float

    @property
    def ratio(self) -> float:
        return float(self.spent_usd / self.limit_usd)


def last_hour(now: datetime) -> LastHour:
    """What it cost and how much of it was asked for before."""
    cacheable = Q(feature__in=[feature.name for feature in features.listed().values() if feature.cache_seconds])
    sums = _settled(now).aggregate(
        spent=Sum("cost_usd"),
        requests=Count("id", filter=_FIRST),
        cacheable=Count("id", filter=_FIRST & cacheable),
        reused=Count("id", filter=_FIRST & cacheable & _REUSED),
    )
    return LastHour(
        spent_usd=sums["spent"] or Decimal(0),
        usual_usd=usual_usd(now),
        requests=sums["requests"],
        cacheable=sums["cacheable"],
        reused=sums["reused"],
    )


def usual_usd(now: datetime) -> Decimal | None:
    """The mean of this hour of the day over the seven days before; where these cost nothing, the mean hour."""
    hour = usage.hour_of(now - HOUR / 2)  # the one that most of the last 60 minutes belong to
    first = UsageHour.objects.aggregate(first=Min("hour"))["first"]
    if first is None or first >= hour:
        return None
    same = [hour - days * DAY for days in range(1, DAYS + 1) if hour - days * DAY >= first]
    of_these = _sum(UsageHour.objects.filter(hour__in=same)) if same else Decimal(0)
    if of_these:
        return of_these / len(same)
    since = max(first, hour - DAYS * DAY)
    return _sum(UsageHour.objects.filter(hour__gte=since, hour__lt=hour)) / int((hour - since) / HOUR)


def accounts(now: datetime) -> list[AccountUse]:
    """Every account that was called in the last seven days, by name."""
    until = usage.rolled_until()
    week = UsageHour.objects.filter(hour__gte=now - DAYS * DAY, source__in=CALLED).values("account")
    usual = {
        row["account"]: float(row["calls"] / ((until - row["first"]) / HOUR))
        for row in week.annotate(calls=Sum("calls"), first=Min("hour"))
        if row["first"] <= now - KNOWN_AFTER
    }
    last = _settled(now).filter(source__in=CALLED).values("account").annotate(calls=Count("id"))
    calls = {row["account"]: row["calls"] for row in last}
    return [AccountUse(name, calls.get(name, 0), usual.get(name)) for name in sorted(usual.keys() | calls.keys())]


def shares(now: datetime) -> list[Share]:
    """Every budget that counts, the most used up first."""
    spent = _spent_by_scope(now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0))
    rows = Budget.objects.filter(is_enabled=True)
    found = [
        Share(str(row), spent[row.tenant, row.feature, row.period], row.limit_usd, row.warn_percent / 100)
        for row in rows
    ]
    return sorted(found, key=lambda share: -share.ratio)


def _spent_by_scope(day: datetime) -> dict[tuple[str, str, str], Decimal]:
    """By tenant, feature ("" = all) and period, since the beginning of the month and of the day."""
    month, rolled = day.replace(day=1), usage.rolled_until()
    hours = UsageHour.objects.filter(hour__gte=month, hour__lt=rolled).values_list("tenant", "feature")
    calls = LlmCall.objects.filter(created_at__gte=max(month, rolled), settled_at__isnull=False)
    sums = [
        *hours.annotate(Sum("cost_usd"), today=Sum("cost_usd", filter=Q(hour__gte=day))),
        *calls.values_list("tenant", "feature").annotate(
            Sum("cost_usd"), today=Sum("cost_usd", filter=Q(created_at__gte=day))
        ),
    ]
    spent: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for tenant, feature, of_month, of_day in sums:
        for scope in ((tenant, feature), (tenant, ""), ("", feature), ("", "")):
            spent[*scope, Budget.Period.MONTH] += of_month or 0
            spent[*scope, Budget.Period.DAY] += of_day or 0
    return spent


def _settled(now: datetime) -> QuerySet[LlmCall]:
    return LlmCall.objects.filter(created_at__gt=now - HOUR, created_at__lte=now, settled_at__isnull=False)


def _sum(rows: QuerySet[UsageHour]) -> Decimal:
    return rows.aggregate(usd=Sum("cost_usd"))["usd"] or Decimal(0)
