"""The tables of a new tenant from one script, where there is one for these very migrations; else by migrating."""

import structlog
from django.db import ProgrammingError, connections, transaction

from tenants.models import Blueprint
from tenants.services import locks, migrations, rendering, schemas

log = structlog.get_logger()
KEPT = 3  # releases: during a deploy the old one's workers still make tenants
SETTINGS = """
    SELECT set_config('search_path', '', true);
    SET LOCAL lock_timeout = '10s'; SET LOCAL check_function_bodies = off; SET LOCAL client_min_messages = warning;
"""


def make_tables(schema: str) -> None:
    """Give an existing schema every table; one that has some already is migrated, so that a set-up can resume."""
    blueprint = ready()
    if blueprint is None or not _replayed(blueprint, schema):
        with locks.held(locks.tables_of(schema)):  # as a deploy holds it
            schemas.migrate(schema)


def ready() -> Blueprint | None:
    """The blueprint of this release, rendered now if need be; None where that can't be done, which the log says."""
    try:
        return current() or refresh()
    except (rendering.NotRendered, locks.StillHeld) as error:
        log.warning("blueprint_missing", reason=str(error), so="new tenants are migrated one migration after another")
        return None


def current() -> Blueprint | None:
    """The blueprint whose fingerprint is that of the code's migrations."""
    return Blueprint.objects.using(schemas.OWNER).filter(pk=migrations.fingerprint()).first()


def refresh() -> Blueprint:
    """Render the blueprint of this release and keep it.

    :raises NotRendered: if pg_dump can't do it here, or a migration fails.
    :raises StillHeld: if another process renders one for too long.
    """
    marker, script = rendering.render()
    rows = Blueprint.objects.using(schemas.OWNER)
    made, _ = rows.update_or_create(pk=migrations.fingerprint(), defaults={"marker": marker, "script": script})
    rows.exclude(pk__in=list(rows.values_list("pk", flat=True)[:KEPT])).delete()
    return made


def _replayed(blueprint: Blueprint, schema: str) -> bool:
    """Whether the script filled the schema: in one transaction, so wholly or not at all."""
    script = blueprint.script.replace(blueprint.marker, rendering.quoted(schema))
    try:
        with transaction.atomic(using=schemas.OWNER):
            locks.until_commit(locks.tables_of(schema))  # the same task delivered twice
            if schemas.has_tables(schema):
                return False
            with connections[schemas.OWNER].cursor() as cursor:
                cursor.execute(SETTINGS + script)
    except ProgrammingError:
        log.error("blueprint_refused", schema=schema, exc_info=True)
        return False
    return True
