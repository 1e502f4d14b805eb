"""What `manage.py doctor` asks about tenants."""

from datetime import timedelta

from core import clock
from core.doctor import Finding, fail, ok, warn
from tenants.models import Tenant
from tenants.services import schemas

SHOWN = 5
SET_UP_IS_LATE = timedelta(minutes=15)  # within it the sweeper has sent it anew, should its worker have been killed


def migrations() -> Finding:
    """Every schema has every migration of the code: one query over all of them."""
    drifted = schemas.drifted()
    if drifted:
        return fail(f"{len(drifted)} schemas lack migrations ({_few(drifted)})", "Run manage.py migrate_all.")
    missing = schemas.missing_tables()
    if missing:
        return fail(f"tables are missing in {_few(sorted(missing))}", "Restore these schemas from a backup.")
    return ok(f"{Tenant.objects.count()} tenant schemas and public are up to date")


def tenants() -> Finding:
    """No tenant stands half made."""
    failed = list(Tenant.objects.filter(status=Tenant.Status.FAILED).order_by("pk").values_list("subdomain", flat=True))
    if failed:
        return warn(f"the set-up failed of {_few(failed)}", "Resume or remove them in the admin under Tenants.")
    late = Tenant.objects.filter(
        status=Tenant.Status.PROVISIONING, created_at__lt=clock.now() - SET_UP_IS_LATE
    ).order_by("pk")
    if waiting := list(late.values_list("subdomain", flat=True)):
        minutes = SET_UP_IS_LATE // timedelta(minutes=1)
        return warn(
            f"the set-up of {_few(waiting)} is not done after {minutes} minutes",
            "See that worker and beat run; the admin shows the steps under Tenants.",
        )
    return ok(f"{Tenant.objects.filter(status=Tenant.Status.READY).count()} are ready")


def _few(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" and more" if len(names) > SHOWN else "")
