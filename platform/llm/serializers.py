"""Shapes of the model layer's API."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from core import clock
from llm import usage

DAYS = 30


class PeriodSerializer(serializers.Serializer[Any]):
    """From when until when; the last 30 days unless it says. Full hours: `since` counts from its hour's beginning."""

    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, datetime]) -> dict[str, datetime]:
        until = attrs.get("until", clock.now())
        since = attrs.get("since", until - timedelta(days=DAYS))
        if since >= until:
            raise serializers.ValidationError({"since": _("It must be before `until`.")})
        return {"since": usage.hour_of(since), "until": until}


class PlatformPeriodSerializer(PeriodSerializer):
    """The platform's staff may ask for one tenant, by its schema."""

    tenant = serializers.RegexField(r"^[a-z0-9_]{1,63}$", required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return super().validate(attrs) | {"tenant": attrs.get("tenant")}


class OptimizationStatsSerializer(serializers.Serializer[Any]):
    """Requests by what answered them, and what was saved (llm.stats)."""

    total_requests = serializers.IntegerField(read_only=True)
    cache_hits = serializers.IntegerField(read_only=True)
    template_hits = serializers.IntegerField(read_only=True)
    deduplicated = serializers.IntegerField(read_only=True)
    api_calls = serializers.IntegerField(read_only=True)
    cache_hit_rate = serializers.FloatField(read_only=True)
    template_hit_rate = serializers.FloatField(read_only=True)
    api_call_rate = serializers.FloatField(read_only=True)
    total_savings = serializers.IntegerField(read_only=True)
    savings_usd = serializers.FloatField(read_only=True)
