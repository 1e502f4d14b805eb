"""Makes tenants, by blueprint and by migrating in turn, among few and among many, and asks whether any drifted.

    python -m tests.load.within_django fleet

The first line of its input says, as JSON, how many tenants few and many are, and how often each is tried. Prints
milliseconds as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from itertools import count
from typing import Any
from unittest import mock

from django.core.management import call_command
from django.db import connections

from core import pool, tenancy
from tenants.models import ProvisioningStep, Tenant
from tenants.services import blueprint, provisioning, schemas

PLAN = "starter"
numbers = count()


def main() -> None:
    wanted = json.loads(sys.stdin.readline())
    with tenancy.enter_platform(), redirect_stdout(sys.stderr):
        blueprint.ready()
        found = {name: _among(wanted[name], wanted["tries"]) for name in ("few", "many")}
        found |= _checks()
    print(json.dumps(found))


def _among(schemas_there: int, tries: int) -> dict[str, Any]:
    """What making a tenant takes while there are so many."""
    while (there := Tenant.objects.count()) < schemas_there:
        _make()
    made = {"schemas": there, "blueprint": [], "migrate": [], "tables": [], "migrated_tables": []}
    for turn in range(tries):
        if turn % 3 == 0:  # it is slow, and varies little
            with _no_blueprint():
                _note(made, "migrate", "migrated_tables")
        _note(made, "blueprint", "tables")
    return made


def _note(made: dict[str, Any], whole: str, tables: str) -> None:
    took, of_tables = _make()
    made[whole].append(took)
    made[tables].append(of_tables)


def _make() -> tuple[float, float]:
    """Milliseconds that the whole set-up of a tenant took, and the step of it that makes the tables."""
    name = f"fleet{next(numbers)}"
    tenant = provisioning.create_tenant(name=name, subdomain=name, plan_code=PLAN, owner_email=f"o@{name}.example")
    took = _timed(lambda: provisioning.provision(tenant_id=tenant.pk))
    pool.give_back()
    step = ProvisioningStep.objects.get(tenant=tenant, name="tables")
    assert step.finished_at is not None
    return took, (step.finished_at - step.started_at).total_seconds() * 1000


def _checks() -> dict[str, Any]:
    """The question whether any schema drifted, and what django-tenants does when there is nothing to do."""
    check = min(_timed(schemas.drifted) for _ in range(3))
    connections.close_all()
    processes = {"TENANT_MULTIPROCESSING_MAX_PROCESSES": os.cpu_count() or 1}
    from django.test import override_settings

    with override_settings(**processes):
        multiprocessing = _timed(
            lambda: call_command("migrate_schemas", database="owner", executor="multiprocessing", verbosity=0)
        )
    return {
        "check_ms": check,
        "multiprocessing_ms": multiprocessing,
        "drifted": len(schemas.drifted()),
        "incomplete": len(schemas.missing_tables()),
    }


@contextmanager
def _no_blueprint() -> Iterator[None]:
    with mock.patch.object(blueprint, "ready", return_value=None):
        yield


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
