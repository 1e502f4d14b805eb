"""The ledger's one table."""

import pgtrigger
from django.db import models

from core import clock
from core.ids import uuid7
from core.triggers import refuse
from llm.models.receipts import KEEP

# What a call is, apart from how it ended.
FIXED = (
    *("created_at", "id", "request_id", "tenant", "feature", "interview_id", "provider", "account", "model"),
    *("complexity", "prompt_version", "price_version", "source", "attempt", "own_key", "mode"),
    *("reason", "wait_ms", "group_id"),
)
LEAST_DAYS = 90  # for which a row stays, whoever wants it gone: the trigger below says so too


def _row(name: str) -> str:
    return f"({', '.join(f'{name}.{column}' for column in FIXED)})"


class LlmCall(models.Model):
    """One answer that somebody asked for, or one attempt at it: inserted before it, settled once, then never changed.

    `source` says what answered: a provider, a provider's batch, the exact cache, an identical call that was under way
    (shared), or a template; only the first two cost money. Attempts at one answer share `request_id`, and the one
    numbered 1 counts as the request. A batch's rows are numbered 0, because nobody has its answers yet: whoever asks
    and finds one there has collected it, and whoever finds none asks a provider; either is the request.

    A row that was never settled belongs to a worker that died in the middle. There are no foreign keys: a
    tenant is named by its schema, an interview by its id. The key starts with the time so that months can
    become partitions. `cost_usd` is null while it is open and where the price is unknown.
    """

    class Source(models.TextChoices):
        PROVIDER = "provider"
        BATCH = "batch"
        COLLECTED = "collected"
        CACHE = "cache"
        SHARED = "shared"
        TEMPLATE = "template"

    pk = models.CompositePrimaryKey("created_at", "id")
    created_at = models.DateTimeField(default=clock.now)
    id = models.UUIDField(default=uuid7)
    request_id = models.UUIDField(default=uuid7)
    tenant = models.CharField(max_length=63)
    feature = models.CharField(max_length=40)
    interview_id = models.UUIDField(null=True)
    group_id = models.UUIDField(null=True)  # what the caller counts such calls under, a job for one
    provider = models.CharField(max_length=40)
    account = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    complexity = models.CharField(max_length=8)
    prompt_version = models.CharField(max_length=40, blank=True)
    price_version = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.PROVIDER)
    own_key = models.BooleanField(default=False, db_default=False)  # the tenant's, not the platform's
    attempt = models.PositiveSmallIntegerField(default=1)
    mode = models.CharField(max_length=8, blank=True)  # of the gateway when it was asked: full, degraded, off
    reason = models.CharField(max_length=200, blank=True)  # why it went there
    wait_ms = models.PositiveIntegerField(default=0)  # for a place within the limits, before this attempt
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_cached = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    tokens_estimated = models.BooleanField(default=False)  # the provider gave no count
    cost_usd = models.DecimalField(max_digits=14, decimal_places=8, null=True)
    saved_usd = models.DecimalField(max_digits=14, decimal_places=8, default=0)  # what a call would have cost
    first_ms = models.PositiveIntegerField(null=True)  # until the first words of a stream
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
            models.Index(fields=["account", "created_at"], name="llm_call_by_account"),
            models.Index(fields=["settled_at"], name="llm_call_by_settled_at"),
            models.Index(fields=["created_at"], condition=models.Q(settled_at=None), name="llm_call_open"),
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
            refuse("llm_call_is_never_truncated", pgtrigger.Truncate, "A model call stays in the ledger."),
            pgtrigger.Trigger(
                name="llm_call_is_deleted_old_and_added_up",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="""
                    IF OLD.settled_at IS NULL OR OLD.created_at > now() - interval '90 days'
                        OR NOT EXISTS (
                            SELECT FROM public.llm_usage_hour
                             WHERE hour = date_trunc('hour', OLD.created_at, 'UTC') AND tenant = OLD.tenant
                               AND feature = OLD.feature AND provider = OLD.provider AND account = OLD.account
                               AND model = OLD.model AND source = OLD.source)
                        OR (OLD.group_id IS NOT NULL AND NOT EXISTS (
                            SELECT FROM public.llm_usage_group
                             WHERE hour = date_trunc('hour', OLD.created_at, 'UTC') AND tenant = OLD.tenant
                               AND group_id = OLD.group_id)) THEN
                        RAISE EXCEPTION 'A model call stays in the ledger.' USING ERRCODE = 'insufficient_privilege';
                    END IF;
                    RETURN OLD;
                """,
            ),
            pgtrigger.Trigger(
                name="llm_call_is_kept_for_its_receipt",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                referencing=pgtrigger.Referencing(old="gone"),  # type: ignore[no-untyped-call]
                func=KEEP,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.tenant} {self.feature} {self.model}"
