"""Reads that may be some seconds old, from a copy of the database where there is one (DATABASE_REPLICA_URL).

Only a selector that asks for it reads there: `Interview.objects.using(replica.may_lag())`. A list or a report may; a
page that shows what its reader has just done, a check of rights, and whatever decides something may not.
"""

import time
from typing import Any

import structlog
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from psycopg_pool import PoolTimeout

from core import tenancy

AVOID_SECONDS = 30.0
log = structlog.get_logger()
_avoided = {"until": 0.0}


def may_lag() -> str:
    """The alias to read from, in the schema that was entered.

    That is the copy, unless there is none, it is away, or a transaction is open, whose own writes the copy lacks.
    """
    if tenancy.REPLICA not in connections or _avoided["until"] > time.monotonic():
        return DEFAULT_DB_ALIAS
    here: Any = connections[DEFAULT_DB_ALIAS]
    copy: Any = connections[tenancy.REPLICA]
    if here.in_atomic_block:
        return DEFAULT_DB_ALIAS
    if copy.tenant is not here.tenant:
        copy.set_tenant(here.tenant)
    return tenancy.REPLICA if _answers(copy) else DEFAULT_DB_ALIAS


def _answers(copy: Any) -> bool:
    try:
        copy.ensure_connection()
    except (OperationalError, PoolTimeout) as error:
        _avoided["until"] = time.monotonic() + AVOID_SECONDS
        log.warning("replica_away", error=type(error).__name__, avoided_seconds=AVOID_SECONDS)
        return False
    return True
