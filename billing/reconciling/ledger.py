"""The ledger of model calls, and what was kept of those it deleted, against its hours and its groups.

Whether its interviews exist is asked inside their tenant.
"""

from datetime import timedelta

from billing.reconciling.findings import Findings
from llm import consistency
from llm.policy import PLATFORM
from tenants.models import Tenant

OPEN_FOR = timedelta(hours=1)  # what dead workers left is settled within minutes


def look(tenant: Tenant, found: Findings) -> None:
    _compare(tenant.schema_name, found)


def look_at_the_rest(found: Findings) -> None:
    """The platform's own calls."""
    _compare(PLATFORM, found)


def _compare(schema: str, found: Findings) -> None:
    found.compared["ledger_hours"] += consistency.hours(schema)
    for wrong in consistency.wrong_hours(schema):
        found.differ(f"ledger.hour.{wrong.figure}", wrong.calls, wrong.sums, [wrong.key])
    for wrong in consistency.wrong_months(schema):
        found.differ(f"ledger.month.{wrong.figure}", wrong.calls, wrong.sums, [wrong.key])
    for wrong in consistency.wrong_groups(schema):
        found.differ(f"ledger.group.{wrong.figure}", wrong.calls, wrong.sums, [wrong.key])
    left = consistency.unsettled(schema, found.now - OPEN_FOR)
    if left:
        found.differ("ledger.settled_in_time", 0, len(left), left)
