"""Schemas and their migrations, always as the owner role."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Exists, Model, OuterRef, Q
from django_tenants.utils import get_public_schema_name
from psycopg import sql

from tenants.models import ProvisioningStep, Tenant
from tenants.services import migrations

OWNER, KEYS_OWNER = "owner", "keys_owner"
SCHEMAS_A_QUERY = 1000  # each of its tables is locked for reading
LOCK_TIMEOUT = "5s"  # whoever waits for a table's lock lets nobody else at the table
RECORDS = (
    "SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relname = 'django_migrations'"
)

TABLES_OF = (  # by name, which is indexed: the tables of a thousand other tenants are not looked through
    "SELECT relname FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s)"
    " AND relname = ANY(%s) AND relkind IN ('r', 'p')"
)


class SchemaIncomplete(RuntimeError):
    """A tenant schema lacks tables, so search_path would silently read those of public."""


def create(schema: str) -> None:
    """Make the schema unless it exists; the default privileges of the owner let the application use it."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))


def drop(schema: str) -> None:
    """Remove the schema with everything in it."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def migrate(schema: str) -> None:
    """Bring one schema (a tenant's or public) to the newest migrations.

    :raises django.db.OperationalError: if a table stays in use for longer than LOCK_TIMEOUT; what was done until then
        is recorded, and the next call goes on from there.
    """
    connection: Any = connections[OWNER]
    connection.set_schema(schema, include_public=False)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
        MigrationRecorder(connection).ensure_schema()  # otherwise public's record would be read for the tenant's
        connection.set_schema(schema)
        _migrate_command(OWNER)
    finally:
        connection.set_schema_to_public()
        connection.close()


def reason(error: Exception) -> str:
    """Why a schema was not migrated: the error's first line, as those below may quote a row."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def migrate_keys() -> None:
    """Bring the keys' database to the newest migrations."""
    _migrate_command(KEYS_OWNER)
    connections[KEYS_OWNER].close()


def _migrate_command(database: str) -> None:
    from django.core.management.commands.migrate import Command

    call_command(Command(), database=database, verbosity=0, interactive=False)


def drifted() -> list[str]:
    """The schemas whose recorded migrations are not those of the code, public first.

    One UNION ALL over every schema's django_migrations.
    """
    public = get_public_schema_name()
    found = _recorded([public, *tenant_schemas()])
    wanted = {True: migrations.wanted(public=True), False: migrations.wanted(public=False)}
    return [schema for schema in found if not wanted[schema == public] <= found[schema]]


def tenant_schemas() -> list[str]:
    """The schemas of all tenants, the oldest first; a tenant whose set-up has still to make its tables has none."""
    connection = connections[OWNER]
    if "tenants_tenant" not in connection.introspection.table_names():
        return []
    tables = ProvisioningStep.objects.filter(tenant=OuterRef("pk"), name="tables", status=ProvisioningStep.Status.DONE)
    being_made = Q(status__in=[Tenant.Status.PROVISIONING, Tenant.Status.FAILED])
    rows = Tenant.objects.using(OWNER).exclude(being_made & ~Exists(tables))
    rows = rows.exclude(status=Tenant.Status.CLOSED)  # closed ones have no schema
    return list(rows.order_by("created_at").values_list("schema_name", flat=True))


def has_tables(schema: str) -> bool:
    """Whether migrations are recorded in it, be they all or some."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f'"{schema}".django_migrations'])
        return bool(cursor.fetchone()[0])


def _recorded(schemas: list[str]) -> dict[str, set[migrations.Node]]:
    """Schema -> (app, name) of the migrations that it has, so many schemas a query."""
    found: dict[str, set[migrations.Node]] = {schema: set() for schema in schemas}
    with connections[OWNER].cursor() as cursor:
        cursor.execute(RECORDS)
        with_records = {row[0] for row in cursor.fetchall()}
        present = [schema for schema in schemas if schema in with_records]
        for start in range(0, len(present), SCHEMAS_A_QUERY):
            cursor.execute(_records_of(present[start : start + SCHEMAS_A_QUERY]))
            for schema, app, name in cursor.fetchall():
                found[schema].add((app, name))
    return found


def _records_of(schemas: list[str]) -> sql.Composed:
    part = sql.SQL("SELECT {}, app, name FROM {}")
    return sql.SQL(" UNION ALL ").join(
        part.format(sql.Literal(schema), sql.Identifier(schema, "django_migrations")) for schema in schemas
    )


def tenant_tables() -> set[str]:
    """The tables that every tenant schema must have."""
    models: list[type[Model]] = [
        model
        for config in apps.get_app_configs()
        if config.name in settings.TENANT_APPS
        for model in config.get_models(include_auto_created=True)
    ]
    return {model._meta.db_table for model in models if model._meta.managed and not model._meta.proxy}


def missing_tables() -> dict[str, list[str]]:
    """Schema -> the tenant tables that it lacks; empty when all is well."""
    wanted = tenant_tables()
    schemas = list(Tenant.objects.filter(status=Tenant.Status.READY).values_list("schema_name", flat=True))
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s)", [schemas])
        present: dict[str, set[str]] = {schema: set() for schema in schemas}
        for schema, table in cursor.fetchall():
            present[schema].add(table)
    return {schema: sorted(wanted - tables) for schema, tables in present.items() if wanted - tables}


def require_complete(schema: str) -> None:
    """:raises SchemaIncomplete: if this schema lacks a tenant table."""
    wanted = tenant_tables()
    with connections[OWNER].cursor() as cursor:
        cursor.execute(TABLES_OF, [schema, list(wanted)])
        missing = wanted - {row[0] for row in cursor.fetchall()}
    if missing:
        raise SchemaIncomplete(f"{schema} lacks {', '.join(sorted(missing))}.")
