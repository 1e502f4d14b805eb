"""From an empty schema and the migrations to one script: what PostgreSQL's own pg_dump says of a migrated schema.

The template is a schema of a name made at random, so whatever in the dump is that name is the schema. pg_dump orders,
quotes and names; rows that migrations wrote come with it. Rights are ours: a replayed table gets the owner's default
privileges as a migrated one does, so only what a migration changed of them is written down.
"""

import re
import secrets

import structlog
from django.db import connections

from core.backups import BackupError, databases, programs
from tenants.services import locks, schemas

log = structlog.get_logger()
PREFIX = "_blueprint_"  # no tenant's: their names begin with a letter
LEFT = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^_blueprint_[0-9a-f]{24}$'"
LOCK = "blueprint"
WAIT_SECONDS = 60
OPTIONS = ("--inserts", "--rows-per-insert=500", "--no-owner", "--no-privileges", "--encoding=UTF8")
APPLIED_NOW = "UPDATE {schema}.django_migrations SET applied = now();\n"
FOR_PSQL = re.compile(
    r"^\\restrict (\w+)$", re.MULTILINE
)  # its end, and only its end, is an \unrestrict of the same word
PROBES = """
    CREATE TABLE {schema}._probe_table (); CREATE SEQUENCE {schema}._probe_sequence;
    CREATE FUNCTION {schema}._probe_function() RETURNS int LANGUAGE sql AS 'SELECT 1'
"""
RIGHTS = """
    WITH object AS (
        SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, relname AS name,
               format('%%I.%%I', nspname, relname) AS path,
               coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) AS acl
          FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE nspname = %(schema)s AND relkind IN ('r', 'p', 'v', 'm', 'S')
        UNION ALL
        SELECT 'FUNCTION', proname, p.oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner))
          FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = %(schema)s
    )
    SELECT kind, name, path, privilege_type, is_grantable,
           CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
      FROM object LEFT JOIN LATERAL aclexplode(acl) ON true ORDER BY 1, 2, 3, 4, 6
"""
Right = tuple[str, str, bool]


class NotRendered(RuntimeError):
    """No blueprint could be made here: pg_dump of the server's version is missing or failed, or a migration did."""


def render() -> tuple[str, str]:
    """Make a template schema, migrate it, write it down and drop it.

    :returns: the marker and the script, in which every name of the schema is the marker.
    :raises NotRendered: if pg_dump can't do it, or a migration fails.
    """
    with locks.held(LOCK, seconds=WAIT_SECONDS):
        _drop_left()
        marker = PREFIX + secrets.token_hex(12)
        schemas.create(marker)
        try:
            _migrate(marker)
            return marker, _script(marker)
        except BackupError as error:
            raise NotRendered(str(error)) from error
        finally:
            schemas.drop(marker)


def _migrate(marker: str) -> None:
    try:
        schemas.migrate(marker)
    except Exception as error:  # whatever a migration raises: it fails tenants too, and is told of them
        raise NotRendered(schemas.reason(error)) from error


def _drop_left() -> None:
    """What a killed rendering left."""
    with connections[schemas.OWNER].cursor() as cursor:
        cursor.execute(LEFT)
        left = [row[0] for row in cursor.fetchall()]
    for schema in left:
        schemas.drop(schema)


def _script(marker: str) -> str:
    where = databases.address("main")
    with where.connect() as connection:
        program = programs.find("pg_dump", connection)
        dumped = programs.run(program, where, "--schema", marker, *OPTIONS)
        rights = _rights(connection, marker)
    settings, made, rest = dumped.partition(f"\nCREATE SCHEMA {marker};\n")
    if not made:
        raise NotRendered("What pg_dump wrote does not begin with the schema.")
    if restricted := FOR_PSQL.search(settings):
        rest = rest.replace(f"\n\\unrestrict {restricted[1]}\n", "\n")
    log.info("blueprint_rendered", characters=len(rest))
    return "\n".join((rest, rights, APPLIED_NOW.format(schema=marker)))


def _rights(connection: databases.Connection, marker: str) -> str:
    """REVOKE and GRANT of what differs from the rights that a new object gets by itself, which probes tell."""
    with connection.transaction(force_rollback=True):
        connection.execute(PROBES.format(schema=marker).encode())
        rows = connection.execute(RIGHTS.encode(), {"schema": marker}).fetchall()
    found: dict[tuple[str, str, str], set[Right]] = {}
    for kind, name, path, privilege, grantable, grantee in rows:
        found.setdefault((kind, name, path), set()).update({(grantee, privilege, grantable)} if privilege else ())
    fresh = {kind: rights for (kind, name, _), rights in found.items() if name == f"_probe_{kind.lower()}"}
    changes = [
        line
        for (kind, name, path), rights in sorted(found.items())
        if not name.startswith("_probe_")
        for line in _changes(f"{kind} {path}", fresh[kind], rights)
    ]
    return "\n".join(changes)


def _changes(what: str, fresh: set[Right], wanted: set[Right]) -> list[str]:
    taken = [f"REVOKE {privilege} ON {what} FROM {grantee};" for grantee, privilege, _ in sorted(fresh - wanted)]
    given = [
        f"GRANT {privilege} ON {what} TO {grantee}{' WITH GRANT OPTION' if grantable else ''};"
        for grantee, privilege, grantable in sorted(wanted - fresh)
    ]
    return taken + given


def quoted(schema: str) -> str:
    """The schema's name as it may stand in a statement and in a text within one, in quotes where it is a word of SQL.

    :raises ValueError: for a name that no tenant's schema has.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", schema):
        raise ValueError(f"{schema!r} is no name of a tenant's schema.")
    with connections[schemas.OWNER].cursor() as cursor:
        cursor.execute("SELECT quote_ident(%s)", [schema])
        return str(cursor.fetchone()[0])
