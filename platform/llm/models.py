"""The ledger's one table."""

import pgtrigger
from django.db import models

from core import clock
from core.ids import uuid7
from core.triggers import refuse

# What a call is, apart from how it ended.
FIXED = (
    *("created_at", "id", "tenant", "feature", "interview_id", "provider", "account", "model", "complexity"),
    *("prompt_version", "price_version"),
)


def _row(name: str) -> str:
    return f"({', '.join(f'{name}.{column}' for column in FIXED)})"


class LlmCall(models.Model):
    """One request to a provider: inserted before it, settled once after it, then never changed.

    A row that was never settled belongs to a worker that died in the middle. There are no foreign keys: a
    tenant is named by its schema, an interview by its id. The key starts with the time so that months can
    become partitions. `cost_usd` is null while it is open and where the price is unknown.
    """

    pk = models.CompositePrimaryKey("created_at", "id")
    created_at = models.DateTimeField(default=clock.now)
    id = models.UUIDField(default=uuid7)
    tenant = models.CharField(max_length=63)
    feature = models.CharField(max_length=40)
    interview_id = models.UUIDField(null=True)
    provider = models.CharField(max_length=40)
    account = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    complexity = models.CharField(max_length=8)
    prompt_version = models.CharField(max_length=40, blank=True)
    price_version = models.CharField(max_length=20, blank=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_cached = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    tokens_estimated = models.BooleanField(default=False)  # the provider gave no count
    cost_usd = models.DecimalField(max_digits=14, decimal_places=8, null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    finish_reason = models.CharField(max_length=20, blank=True)
    error_kind = models.CharField(max_length=20, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "llm_call"
        verbose_name = "model call"
        indexes = [
            models.Index(fields=["tenant", "created_at"], name="llm_call_by_tenant"),
            models.Index(fields=["interview_id"], name="llm_call_by_interview"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(cost_usd__gte=0), name="llm_call_cost_is_not_negative"),
            models.CheckConstraint(
                condition=models.Q(tokens_cached__lte=models.F("tokens_in")),
                name="llm_call_cached_is_part_of_in",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_at=None) | models.Q(latency_ms__isnull=False),
                name="llm_call_settled_has_a_latency",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="llm_call_is_settled_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF OLD.settled_at IS NOT NULL OR NEW.settled_at IS NULL
                        OR {_row("NEW")} IS DISTINCT FROM {_row("OLD")} THEN
                        RAISE EXCEPTION 'A model call is settled once and never changed.';
                    END IF;
                    RETURN NEW;
                """,
            ),
            refuse(
                "llm_call_is_never_deleted", pgtrigger.Delete | pgtrigger.Truncate, "A model call stays in the ledger."
            ),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.tenant} {self.feature} {self.model}"
