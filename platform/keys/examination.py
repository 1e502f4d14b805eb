"""What `manage.py doctor` asks about keys."""

import stat
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django_tenants.utils import get_public_schema_name, get_tenant_model

from core.doctor import Finding, fail, ok, warn
from keys import backups, kek
from keys.models import TenantKey

SERVING = ("ready", "suspended", "closing")


def keys() -> Finding:
    """The key-encryption key is private, and opens the key of every tenant; every tenant has one."""
    try:
        current = kek.kek_id()
    except kek.BadKek as error:
        return fail(str(error), "Bring the file back from its copy; without it nothing can be read.")
    others = sorted(set(backups.kek_ids()) - {current})
    rows, closed = backups.unreadable()
    if closed:
        return fail(
            f"{len(closed)} of {rows} tenant keys do not open (wrapped by {', '.join(others) or 'this key'})",
            f"KEK_FILE holds {current}: put the file of that time there.",
        )
    without = _without_key()
    if without:
        return fail(f"no key for {', '.join(without)}", "Restore the keys' database of this time.")
    mode = stat.S_IMODE(Path(settings.KEK_FILE).stat().st_mode)
    if mode & 0o077:
        return warn(f"{settings.KEK_FILE} has mode {mode:04o}", "chmod 600 it: others on this machine can read it.")
    return ok(f"{rows} tenant keys open with {current}")


def _without_key() -> list[str]:
    keyed = set(TenantKey.objects.values_list("tenant_id", flat=True))
    tenants = get_tenant_model().objects.filter(status__in=SERVING).exclude(schema_name=get_public_schema_name())
    return sorted(schema for pk, schema in tenants.values_list("pk", "schema_name") if pk not in keyed)


def migrations() -> Finding:
    """The keys' database has every migration of the code."""
    nodes = MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {}
    recorded = set(MigrationRecorder(connections["keys_owner"]).applied_migrations())
    missing = sorted(name for app, name in nodes if app == "keys" and (app, name) not in recorded)
    if missing:
        return fail(f"not migrated: {', '.join(missing)}", "Run manage.py migrate_all.")
    return ok("up to date")
