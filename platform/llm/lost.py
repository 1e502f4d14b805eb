"""Calls whose worker died before they ended."""

from datetime import timedelta
from uuid import UUID

from django.db import connection

from core import clock
from llm.models import LlmCall

LOST_AFTER = timedelta(minutes=5)  # far beyond any call's deadline
BATCH_LOST_AFTER = timedelta(hours=48)  # a provider's batch may take a day
MOST = 1000

_SETTLE = """
    UPDATE public.llm_call
       SET error_kind = 'lost', tokens_estimated = true, cost_usd = 0, latency_ms = 0, settled_at = %s
     WHERE settled_at IS NULL AND (created_at, id) IN (
        SELECT created_at, id FROM public.llm_call
         WHERE settled_at IS NULL AND created_at < CASE source WHEN %s THEN %s ELSE %s END
         ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING id"""


def settle_lost() -> list[UUID]:
    """Settle what was left open for longer than a call can take, once, as a failure of kind `lost` that cost nothing.

    What the provider would bill for it is unknown: its tokens count as estimated, and stay 0.
    :returns: the rows' ids, at most 1,000 at a time; what was reserved for them can be given back.
    """
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [now, LlmCall.Source.BATCH, now - BATCH_LOST_AFTER, now - LOST_AFTER, MOST])
        return [row_id for (row_id,) in cursor.fetchall()]
