"""Usage records: written in the transaction of what was used, each once."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.models import QuotaPeriod, UsageRecord
from core import clock, rows
from core.ids import uuid7

# By hand: every start and every first answer writes one, and the same one again must change nothing.
RECORD = """
    INSERT INTO public.billing_usagerecord
           (id, subscription_id, period_id, kind, quantity, interview_id, occurred_at, key, plan_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING"""

# The candidate waits for it: one statement, which finds the period by itself.
COMPLETED = """
    INSERT INTO public.billing_usagerecord
           (id, subscription_id, period_id, kind, quantity, interview_id, occurred_at, key)
    SELECT %s, period.subscription_id, period.id, 'interview_completed', 1, use.interview_id, %s, %s
      FROM public.billing_quotause use JOIN public.billing_quotaperiod period ON period.id = use.period_id
     WHERE use.interview_id = %s ON CONFLICT (key) DO NOTHING"""

Kind = UsageRecord.Kind


def record(
    kind: UsageRecord.Kind,
    *,
    period: QuotaPeriod,
    key: str,
    quantity: Decimal = Decimal(1),
    interview_id: UUID | None = None,
    at: datetime | None = None,
) -> bool:
    """Whether this call wrote it; a key that is there already changes nothing."""
    plan = period.plan_id if kind == Kind.OVERAGE else None
    values = [period.subscription_id, period.pk, kind.value, quantity, interview_id, at or clock.now(), key, plan]
    return rows.execute(RECORD, [uuid7(), *values]) == 1


def started(*, interview_id: UUID, period: QuotaPeriod, at: datetime | None = None) -> None:
    """The interview began; one that was released and begins again is the same."""
    record(Kind.STARTED, period=period, key=f"started:{interview_id}", interview_id=interview_id, at=at)


def completed(*, interview_id: UUID, at: datetime) -> None:
    """The candidate submitted the interview: it counts for the period that its start counts for, once."""
    rows.execute(COMPLETED, [uuid7(), at, f"completed:{interview_id}", interview_id])
