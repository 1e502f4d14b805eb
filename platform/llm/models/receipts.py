"""What rows of the ledger that were deleted came to, by interview, so that a receipt outlives them."""

from uuid import UUID

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.triggers import refuse

NO_INTERVIEW = UUID(int=0)  # of calls about a job's plan, a resume, and all else that is not one interview's


class ReceiptSum(models.Model):
    """Deleted rows of the ledger, added up by interview, UTC month and kind of call.

    The statement that deletes a row adds it here (the ledger's trigger `llm_call_is_kept_for_its_receipt`), and nothing
    else can write: what is here and what is in the ledger never overlap, and together they are all that was called.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.CharField(max_length=63)
    interview_id = models.UUIDField()  # or NO_INTERVIEW
    month = models.DateField()  # its first day
    feature = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    source = models.CharField(max_length=10)
    own_key = models.BooleanField()
    calls = models.PositiveIntegerField()
    failures = models.PositiveIntegerField()
    unpriced = models.PositiveIntegerField()  # what they cost was never known
    lost = models.PositiveIntegerField()
    tokens_in = models.PositiveBigIntegerField()
    tokens_cached = models.PositiveBigIntegerField()
    tokens_out = models.PositiveBigIntegerField()
    cost_usd = models.DecimalField(max_digits=16, decimal_places=8)
    saved_usd = models.DecimalField(max_digits=16, decimal_places=8)

    class Meta:
        db_table = "llm_receipt_sum"
        verbose_name = _("kept sum of a receipt")
        verbose_name_plural = _("kept sums of receipts")
        constraints = [
            models.UniqueConstraint(
                fields=["interview_id", "tenant", "month", "feature", "model", "source", "own_key"],
                name="one_kept_sum_an_interview_and_kind_of_call",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "month"], name="llm_receipt_sum_by_month")]
        triggers = [
            pgtrigger.Trigger(
                name="receipt_sum_is_written_by_the_ledger",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'Only the ledger adds up what is deleted from it.'
                            USING ERRCODE = 'insufficient_privilege';
                    END IF;
                    RETURN NEW;
                """,
            ),
            refuse(
                "receipt_sum_stays",
                pgtrigger.Delete | pgtrigger.Truncate,
                "What the ledger deleted stays in its sums.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.interview_id} {self.feature} {self.model}"


# The id is NO_INTERVIEW's.
KEEP = """
    INSERT INTO public.llm_receipt_sum AS kept (
        id, tenant, interview_id, month, feature, model, source, own_key, calls, failures, unpriced, lost,
        tokens_in, tokens_cached, tokens_out, cost_usd, saved_usd)
    SELECT gen_random_uuid(), gone.tenant, coalesce(gone.interview_id, '00000000-0000-0000-0000-000000000000'),
           date_trunc('month', gone.created_at AT TIME ZONE 'UTC')::date,
           gone.feature, gone.model, gone.source, gone.own_key,
           count(*), count(*) FILTER (WHERE gone.error_kind <> ''), count(*) FILTER (WHERE gone.cost_usd IS NULL),
           count(*) FILTER (WHERE gone.error_kind = 'lost'),
           sum(gone.tokens_in), sum(gone.tokens_cached), sum(gone.tokens_out),
           coalesce(sum(gone.cost_usd), 0), sum(gone.saved_usd)
      FROM gone
     GROUP BY 2, 3, 4, 5, 6, 7, 8
    ON CONFLICT (interview_id, tenant, month, feature, model, source, own_key) DO UPDATE
       SET calls = kept.calls + EXCLUDED.calls, failures = kept.failures + EXCLUDED.failures,
           unpriced = kept.unpriced + EXCLUDED.unpriced, lost = kept.lost + EXCLUDED.lost,
           tokens_in = kept.tokens_in + EXCLUDED.tokens_in,
           tokens_cached = kept.tokens_cached + EXCLUDED.tokens_cached,
           tokens_out = kept.tokens_out + EXCLUDED.tokens_out,
           cost_usd = kept.cost_usd + EXCLUDED.cost_usd, saved_usd = kept.saved_usd + EXCLUDED.saved_usd;
    RETURN NULL;
"""
