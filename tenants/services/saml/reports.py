"""The report of a test sign-in: kept for minutes, for the admin who asked for it."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from core.clock import now
from tenants.models import SamlConnection, SamlReport
from tenants.services.saml.responses import Check, Report

KEPT = timedelta(minutes=10)


def keep(*, connection: SamlConnection, report: Report, user_id: UUID) -> SamlReport:
    """Store what the test found; earlier reports of this admin go."""
    SamlReport.objects.filter(tenant_id=connection.tenant_id, user_id=user_id).delete()
    return SamlReport.objects.create(
        tenant_id=connection.tenant_id,
        user_id=user_id,
        passed=report.refused is None,
        findings=json.dumps([_plain(check) for check in report.checks]),
        expires_at=now() + KEPT,
    )


def latest(*, connection: SamlConnection, user_id: UUID) -> tuple[SamlReport, list[Check]] | None:
    """This admin's last report with its lines, if it is not older than minutes. The tenant must be entered."""
    rows = SamlReport.objects.filter(tenant_id=connection.tenant_id, user_id=user_id, expires_at__gt=Now())
    row = rows.order_by("-created_at").first()
    if row is None:
        return None
    return row, [Check(**line) for line in json.loads(row.findings)]


def _plain(check: Check) -> dict[str, Any]:
    return {
        name: value if value is None or value is True or value is False else str(value)
        for name, value in asdict(check).items()
    }
