"""What `manage.py doctor` asks about tenants."""

from core.doctor import Finding, fail, ok, warn
from tenants.models import Tenant
from tenants.services import schemas

SHOWN = 5


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
    return ok(f"{Tenant.objects.filter(status=Tenant.Status.READY).count()} are ready")


def _few(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" and more" if len(names) > SHOWN else "")
