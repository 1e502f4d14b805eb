"""Four tenants more, to be migrated: for tests of deploys."""

from collections.abc import Callable
from typing import Any
from unittest import mock

from django.db import connections

from core import tenancy
from core.testing import CommittingTestCase
from tenants.services import deploying, ledger, provisioning, schemas

FLEET = ("one", "two", "three", "four")


def as_owner(statement: str) -> list[tuple[Any, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def fall_behind(*names: str) -> None:
    """Undo the newest migration of the audit trail in these schemas."""
    for name in names:
        as_owner(f"DROP INDEX IF EXISTS {name}.audit_by_person")
        as_owner(f"DELETE FROM {name}.django_migrations WHERE app = 'audit' AND name = '0003_found_by_person'")


def catch_up() -> None:
    for schema in schemas.drifted():
        schemas.migrate(schema)


def states() -> dict[str, str]:
    return {row.pk: row.state for row in ledger.rows()}


class FleetCase(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        with tenancy.enter_platform():
            for name in FLEET:
                provisioning.ensure_tenant(name=name, subdomain=name, plan_code="starter")
        ledger.rows().delete()
        self.said: list[str] = []
        self.addCleanup(catch_up)

    def deploy(self, **options: Any) -> deploying.Outcome:
        self.said.clear()
        return deploying.migrate_tenants(self.said.append, **options)

    def failing(self, *names: str, error: Callable[[], Exception] = lambda: ValueError("no\nAda's row")) -> Any:
        """Let these schemas fail; the others are migrated."""
        really = schemas.migrate

        def migrate(schema: str) -> None:
            self.migrated.append(schema)
            if schema in names:
                raise error()
            really(schema)

        self.migrated: list[str] = []
        return mock.patch.object(schemas, "migrate", side_effect=migrate)
