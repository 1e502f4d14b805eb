"""The tenant's interviews against what billing and the ledger say of them (billing.reconciling).

Joined in the database, across schemas: there may be a hundred thousand of them, and none is ever held here.
"""

from billing.reconciling.findings import Findings
from tenants.models import Tenant

_STARTED = "SELECT count(*) FROM interviews_interview WHERE started_at IS NOT NULL"
_PLACES = """
    public.billing_quotause use JOIN public.billing_quotaperiod period
        ON period.id = use.period_id AND period.subscription_id = (
            SELECT id FROM public.billing_subscription WHERE tenant_id = %s)"""
_USAGE = """
    public.billing_usagerecord used WHERE subscription_id = (
        SELECT id FROM public.billing_subscription WHERE tenant_id = %s)"""
_WITHOUT_PLACE = f"""
    SELECT interview.id FROM interviews_interview interview
     WHERE started_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM {_PLACES} WHERE use.interview_id = interview.id)"""
_PLACE_OF_NOBODY = f"""
    SELECT use.interview_id FROM {_PLACES}
      LEFT JOIN interviews_interview interview ON interview.id = use.interview_id
     WHERE interview.started_at IS NULL"""
# Answered or skipped, its first question counts the interview.
_UNDER_WAY = """
    EXISTS (SELECT FROM interviews_turn turn
             WHERE turn.interview_id = use.interview_id AND turn.number = 1 AND turn.status <> 'open')"""
_NOT_CONSUMED = f"""
    SELECT use.interview_id
      FROM {_PLACES} WHERE use.status <> 'consumed' AND {_UNDER_WAY}"""
_CONSUMED_UNANSWERED = f"""
    SELECT use.interview_id
      FROM {_PLACES} WHERE use.status = 'consumed' AND NOT {_UNDER_WAY}"""
_RECORDED = f"""
    SELECT count(*)
      FROM {_USAGE} AND kind = '{{kind}}'"""
_NOT_RECORDED = f"""
    SELECT interview.id FROM interviews_interview interview
     WHERE {{column}} IS NOT NULL AND NOT EXISTS (
        SELECT FROM {_USAGE} AND kind = '{{kind}}' AND used.interview_id = interview.id)"""
_RECORDED_OF_NOBODY = f"""
    SELECT used.id
      FROM {_USAGE} AND kind = '{{kind}}' AND NOT EXISTS (
        SELECT FROM interviews_interview interview
         WHERE interview.id = used.interview_id AND {{column}} IS NOT NULL AND used.quantity = 1
           AND used.key = '{{event}}:' || interview.id)"""
_UNKNOWN_TO_US = """
    SELECT DISTINCT interview_id FROM public.llm_call called
     WHERE tenant = %s AND interview_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM interviews_interview interview WHERE interview.id = called.interview_id)"""
EVENTS = (("started", "started_at"), ("completed", "completed_at"))


def look(tenant: Tenant, found: Findings) -> None:
    """In the tenant's schema. An interview is never deleted: erased, its row and its times stay."""
    ours = [tenant.pk]
    found.counted("interviews", _STARTED, [])
    found.none("interviews.started_without_a_place", _WITHOUT_PLACE, ours)
    found.none("quota.place_of_no_started_interview", _PLACE_OF_NOBODY, ours)
    found.none("quota.answered_and_not_consumed", _NOT_CONSUMED, ours)
    found.none("quota.consumed_and_not_answered", _CONSUMED_UNANSWERED, ours)
    for event, column in EVENTS:
        names = {"event": event, "column": column, "kind": f"interview_{event}"}
        found.counted("usage_rows", _RECORDED.format(**names), ours)
        found.none(f"interviews.{event}_and_not_recorded", _NOT_RECORDED.format(**names), ours)
        found.none(f"usage.{event}_of_no_such_interview", _RECORDED_OF_NOBODY.format(**names), ours)
    found.none("ledger.interview_unknown", _UNKNOWN_TO_US, [tenant.schema_name])
