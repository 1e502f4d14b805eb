"""PostgreSQL: both roles reach both databases, and the serving one can change rows alone."""

import time
from typing import Any

import psycopg
from django.db import connections

from core.doctor import Finding, fail, ok, warn

CONNECT_SECONDS = 3
OLDEST = 14
SKEW_WARN, SKEW_FAIL = 2.0, 30.0  # seconds between this machine's clock and the database's
PASSED_ON = ("sslmode", "sslrootcert", "sslcert", "sslkey")
TABLES = (  # ours, not PostgreSQL's own
    "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    " WHERE nspname !~ '^(pg_|information_schema$)' AND "
)
TOO_MUCH = {
    "is a superuser or more": "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
    " FROM pg_roles WHERE rolname = CURRENT_USER",
    "is a member of the owner": "SELECT pg_has_role(CURRENT_USER, %(owner)s, 'MEMBER')",
    "owns tables": TABLES + "pg_get_userbyid(relowner) = CURRENT_USER)",
    "creates in schemas": "SELECT EXISTS (SELECT FROM pg_namespace WHERE has_schema_privilege(oid, 'CREATE')"
    " AND nspname !~ '^(pg_|information_schema$)')",
    "creates in the database": "SELECT has_database_privilege(current_database(), 'CREATE, TEMP')",
    "empties tables or has triggers": TABLES + "relkind = 'r' AND has_table_privilege(c.oid, 'TRUNCATE, TRIGGER'))",
}


def main() -> Finding:
    return _reachable("default", "owner")


def keys() -> Finding:
    return _reachable("keys", "keys_owner")


def rights() -> Finding:
    """The serving role can do no DDL in either database, or the audit trail protects nothing."""
    found = []
    for alias, owner in (("default", "owner"), ("keys", "keys_owner")):
        with connect(alias) as connection:
            for what, statement in TOO_MUCH.items():
                row = connection.execute(statement.encode(), {"owner": _settings(owner)["USER"]}).fetchone()
                if row and row[0]:
                    found.append(f"{what} ({alias})")
    if found:
        return fail(
            f"the serving role {', '.join(found)}",
            "Serve as a role of its own, prepared by platform/core/localservices/grants.sql.",
        )
    return ok("the serving role reads and writes rows, and nothing else")


def clock() -> Finding:
    """This machine and the database agree on the time: leases use the database's, deadlines ours."""
    with connect("default") as connection:
        before = time.time()
        [seconds] = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone() or [0.0]
        skew = float(seconds) - (before + time.time()) / 2
    what = f"{abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} this machine's clock"
    if abs(skew) < SKEW_WARN:
        return ok(f"the database's clock is within {SKEW_WARN:g} s of this machine's")
    level = fail if abs(skew) >= SKEW_FAIL else warn
    return level(f"the database's clock is {what}", "Let both take their time from one source (NTP).")


def _reachable(app: str, owner: str) -> Finding:
    versions = set()
    for alias in (app, owner):
        try:
            with connect(alias) as connection:
                versions.add(connection.info.server_version)
        except psycopg.OperationalError as error:
            return fail(f"{_settings(alias)['USER']}: {_cause(error)}", "See that PostgreSQL runs and who may connect.")
    version = min(versions)
    said = (
        f"PostgreSQL {version // 10000}.{version % 10000} for {_settings(app)['USER']} and {_settings(owner)['USER']}"
    )
    if version < OLDEST * 10000:
        return fail(said, f"Candor needs PostgreSQL {OLDEST} or newer.")
    return ok(said)


def connect(alias: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection beside the pools, which would wait longer."""
    found = _settings(alias)
    ssl = {key: found["OPTIONS"][key] for key in PASSED_ON if key in found.get("OPTIONS", {})}
    return psycopg.connect(
        host=found["HOST"] or None,
        port=found["PORT"] or None,
        user=found["USER"],
        password=found["PASSWORD"] or None,
        dbname=found["NAME"],
        connect_timeout=CONNECT_SECONDS,
        application_name="candor-doctor",
        autocommit=True,
        **ssl,
    )


def _settings(alias: str) -> dict[str, Any]:
    return connections[alias].settings_dict


def _cause(error: psycopg.OperationalError) -> str:
    """libpq's own words name host, port, role and database, never the password."""
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
