"""Two jobs whose calls have budgets, and what the trail says of these, for tests."""

from typing import Any
from uuid import UUID

from core.tests import rows
from llm.policy import TenantPolicy

JOB, OTHER_JOB = UUID(int=7), UUID(int=8)
ALPHA = TenantPolicy(schema="alpha")
OF_JOB = TenantPolicy(schema="alpha", group_id=JOB)


def trail() -> Any:
    return rows.model("audit.AuditEvent").objects
