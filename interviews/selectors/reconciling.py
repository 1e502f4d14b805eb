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
        SELECT FROM {_PLACES} WHERE use.interview_id = interview.id)"""  # nosec B608
_PLACE_OF_NOBODY = f"""
    SELECT use.interview_id FROM {_PLACES}
      LEFT JOIN interviews_interview interview ON interview.id = use.interview_id
     WHERE interview.started_at IS NULL"""  # nosec B608
# Answered or skipped, its first question counts the interview.
_UNDER_WAY = """
    EXISTS (SELECT FROM interviews_turn turn
             WHERE turn.interview_id = use.interview_id AND turn.number = 1 AND turn.status <> 'open')"""
_NOT_CONSUMED = f"""
    SELECT use.interview_id
      FROM {_PLACES} WHERE use.status <> 'consumed' AND {_UNDER_WAY}"""  # nosec B608
_CONSUMED_UNANSWERED = f"""
    SELECT use.interview_id
      FROM {_PLACES} WHERE use.status = 'consumed' AND NOT {_UNDER_WAY}"""  # nosec B608
# The instant of an event, "started" or "completed".
_AT = "CASE %s::text WHEN 'started' THEN interview.started_at ELSE interview.completed_at END"
_RECORDED = f"""
    SELECT count(*)
      FROM {_USAGE} AND kind = %s"""  # nosec B608
_NOT_RECORDED = f"""
    SELECT interview.id FROM interviews_interview interview
     WHERE {_AT} IS NOT NULL AND NOT EXISTS (
        SELECT FROM {_USAGE} AND kind = %s AND used.interview_id = interview.id)"""  # nosec B608
_RECORDED_OF_NOBODY = f"""
    SELECT used.id
      FROM {_USAGE} AND kind = %s AND NOT EXISTS (
        SELECT FROM interviews_interview interview
         WHERE interview.id = used.interview_id AND {_AT} IS NOT NULL AND used.quantity = 1
           AND used.key = %s::text || ':' || interview.id)"""  # nosec B608
_UNKNOWN_TO_US = """
    SELECT DISTINCT interview_id FROM public.llm_call called
     WHERE tenant = %s AND interview_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM interviews_interview interview WHERE interview.id = called.interview_id)"""
EVENTS = {"started": "interview_started", "completed": "interview_completed"}


def look(tenant: Tenant, found: Findings) -> None:
    """In the tenant's schema. An interview is never deleted: erased, its row and its times stay."""
    ours = [tenant.pk]
    found.counted("interviews", _STARTED, [])
    found.none("interviews.started_without_a_place", _WITHOUT_PLACE, ours)
    found.none("quota.place_of_no_started_interview", _PLACE_OF_NOBODY, ours)
    found.none("quota.answered_and_not_consumed", _NOT_CONSUMED, ours)
    found.none("quota.consumed_and_not_answered", _CONSUMED_UNANSWERED, ours)
    for event, kind in EVENTS.items():
        found.counted("usage_rows", _RECORDED, [tenant.pk, kind])
        found.none(f"interviews.{event}_and_not_recorded", _NOT_RECORDED, [event, tenant.pk, kind])
        found.none(f"usage.{event}_of_no_such_interview", _RECORDED_OF_NOBODY, [tenant.pk, kind, event, event])
    found.none("ledger.interview_unknown", _UNKNOWN_TO_US, [tenant.schema_name])
