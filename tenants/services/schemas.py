"""Schemas and their migrations, always as the owner role."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model
from django_tenants.utils import get_public_schema_name
from psycopg import sql

from core import releases
from tenants.models import Tenant

OWNER, KEYS_OWNER = "owner", "keys_owner"


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
    """Bring one schema (a tenant's or public) to the newest migrations."""
    connection: Any = connections[OWNER]
    connection.set_schema(schema, include_public=False)
    try:
        MigrationRecorder(connection).ensure_schema()  # otherwise public's record would be read for the tenant's
        connection.set_schema(schema)
        _migrate_command(OWNER)
    finally:
        connection.set_schema_to_public()
        connection.close()


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
    wanted = _wanted_migrations()
    found = _recorded([public, *_tenant_schemas()])
    return [schema for schema in found if not wanted[schema == public] <= found[schema]]


def _wanted_migrations() -> dict[bool, set[tuple[str, str]]]:
    """public? -> the migrations that such a schema must have recorded."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    listed = {True: settings.SHARED_APPS, False: settings.TENANT_APPS}
    nodes = loader.disk_migrations or {}
    return {
        public: {node for node in nodes if apps.get_app_config(node[0]).name in names and node[0] != "keys"}
        for public, names in listed.items()
    }


def _tenant_schemas() -> list[str]:
    connection = connections[OWNER]
    if "tenants_tenant" not in connection.introspection.table_names():
        return []
    return list(Tenant.objects.using(OWNER).order_by("created_at").values_list("schema_name", flat=True))


def _recorded(schemas: list[str]) -> dict[str, set[tuple[str, str]]]:
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'django_migrations'")
        present = {row[0] for row in cursor.fetchall()}
        found: dict[str, set[tuple[str, str]]] = {schema: set() for schema in schemas}
        parts = [
            sql.SQL("SELECT {}, app, name FROM {}").format(
                sql.Literal(schema), sql.Identifier(schema, "django_migrations")
            )
            for schema in schemas
            if schema in present
        ]
        if parts:
            cursor.execute(sql.SQL(" UNION ALL ").join(parts))
            for schema, app, name in cursor.fetchall():
                found[schema].add((app, name))
    return found


def migrate_all(say: Callable[[str], None]) -> None:
    """Migrate the keys' database, public with the rows that releases bring, and every tenant schema that drifted."""
    migrate_keys()
    public = get_public_schema_name()
    if public in drifted():
        say("public schema")
        migrate(public)
    releases.load_all(say)
    for schema in drifted():
        say(f"schema {schema}")
        migrate(schema)
    connections[OWNER].close()


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
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        missing = tenant_tables() - {row[0] for row in cursor.fetchall()}
    if missing:
        raise SchemaIncomplete(f"{schema} lacks {', '.join(sorted(missing))}.")
