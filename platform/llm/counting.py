"""What Redis forgot, as the ledger knows it: read before anything is admitted."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet, Sum

from core import clock
from llm.models import LlmCall
from llm.targets import Target, Window

UNDER_WAY = timedelta(seconds=180)  # what began longer ago has ended, and its minute too
MINUTE = timedelta(minutes=1)


def use(target: Target, window: Window) -> dict[str, Any]:
    """What was sent today and lately: {day, rd requests, td tokens, calls: [id, until when it counts (ms), tokens]}."""
    now = clock.now()
    start = now.astimezone(ZoneInfo(target.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    sent = _sent(target, window)
    tokens = F("tokens_in") + F("tokens_out")
    day = sent.filter(created_at__gte=start).aggregate(requests=Count("id"), tokens=Sum(tokens))
    lately = sent.filter(created_at__gte=now - UNDER_WAY).annotate(tokens=tokens)
    calls = [
        [call_id.hex, _milliseconds((settled_at or created_at + UNDER_WAY) + MINUTE), used]
        for call_id, created_at, settled_at, used in lately.values_list("id", "created_at", "settled_at", "tokens")
    ]
    return {"day": start.date().isoformat(), "rd": day["requests"], "td": day["tokens"] or 0, "calls": calls}


def _sent(target: Target, window: Window) -> "QuerySet[LlmCall]":
    own = bool(target.own_key_of)
    sent = LlmCall.objects.filter(account=target.account, source=LlmCall.Source.PROVIDER, own_key=own)
    if own:
        sent = sent.filter(tenant=target.own_key_of)
    return sent if window.scope.endswith(target.account) else sent.filter(model=target.model)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
