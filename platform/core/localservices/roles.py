"""Who may do what in the databases: `candor_owner` migrates and makes tenants, `candor_app` serves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

OWNER = "candor_owner"
APP = "candor_app"
DATABASE = "candor"
KEYS_DATABASE = "candor_keys"
GRANTS = Path(__file__).with_name("grants.sql")

# What CREATE ROLE says beyond LOGIN.
ROLES = {OWNER: sql.SQL("CREATEDB"), APP: sql.SQL("NOCREATEDB")}


def version() -> str:
    """Changes whenever the rights of a database change, so that existing databases get the new ones."""
    return hashlib.sha256(GRANTS.read_bytes()).hexdigest()


def prepare_database(owner_url: str, app_role: str = APP) -> None:
    """Apply grants.sql to one database, for what the role of `owner_url` makes in it later. Safe to repeat.

    Databases made from a template have its defaults, but not its rights on the database itself.
    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        apply_grants(connection, owner=connection.info.user, app=app_role)


def prepare_databases(env: Mapping[str, str]) -> None:
    """Before the first migration on a person's own server: make the keys' database, give the serving role its rights.

    :param env: holds the addresses of NAMES in urls.py. Where one role does everything there are no rights to give.
    """
    owner_urls = env["DATABASE_OWNER_URL"], env["KEYS_DATABASE_OWNER_URL"]
    main, keys = map(urlsplit, owner_urls)
    if main.netloc == keys.netloc:  # a server of its own has its own administrator
        with psycopg.connect(owner_urls[0], autocommit=True) as connection:
            create_database(connection, keys.path.strip("/"))
    for owner_url, app_url in zip(owner_urls, (env["DATABASE_URL"], env["KEYS_DATABASE_URL"]), strict=True):
        app = urlsplit(app_url).username
        if app and app != urlsplit(owner_url).username:
            prepare_database(owner_url, unquote(app))


def apply_grants(connection: psycopg.Connection[tuple[object, ...]], *, owner: str, app: str) -> None:
    """Run grants.sql as psql would, with its variables filled in."""
    values: dict[str, sql.Composable] = {
        ":'app'": sql.Literal(app),
        ':"app"': sql.Identifier(app),
        ':"owner"': sql.Identifier(owner),
    }
    text = "".join(
        values[part].as_string(connection) if part in values else part
        for part in re.split(r"""(:'app'|:"app"|:"owner")""", GRANTS.read_text(encoding="utf-8"))
    )
    connection.execute(text.encode())


def create_role(connection: psycopg.Connection[tuple[object, ...]], role: str, password: str) -> None:
    """Make the role when it is missing, and give it this password either way."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = sql.SQL("ALTER" if known else "CREATE")
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
            verb, sql.Identifier(role), ROLES[role], sql.Literal(password)
        )
    )


def create_database(connection: psycopg.Connection[tuple[object, ...]], name: str, owner: str | None = None) -> None:
    """Make the database when it is missing; `connection` is in autocommit, its role owns it unless `owner` is given."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if owner:
        statement += sql.SQL(" OWNER {}").format(sql.Identifier(owner))
    with suppress(psycopg.errors.DuplicateDatabase):  # another process was quicker
        connection.execute(statement)
