from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.management import reporting
from tenants.models import SchemaMigration
from tenants.services import blueprint, deploying, ledger, migrations


class Command(BaseCommand):
    help = "Migrate every tenant schema that drifted: one as a canary, then the others, several at a time."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        reporting.add_canary(parser)
        parser.add_argument(
            "--status", action="store_true", help="only say where every schema stands; 1 if any is behind"
        )

    def handle(self, *args: Any, status: bool = False, canary: str = "", **options: Any) -> None:
        if status:
            self._say_status()
            return
        with reporting.errors():
            outcome = deploying.migrate_tenants(self.stdout.write, canary=canary)
        reporting.require_success(outcome)
        self.stdout.write(f"{len(outcome.migrated)} schemas migrated; every tenant is up to date.")

    def _say_status(self) -> None:
        standing = ledger.standing()
        self.stdout.write(f"{standing.schemas - len(standing.behind)} of {standing.schemas} schemas are up to date.")
        for schema, row in standing.behind.items():
            self.stdout.write(f"{schema}: {_told(row)}")
        if not blueprint.current():
            self.stdout.write(
                "There is no blueprint of these migrations: the next deploy, or the next tenant, makes it."
            )
        if standing.behind:
            raise CommandError(f"{len(standing.behind)} schemas are behind: run manage.py migrate_all.")


def _told(row: SchemaMigration | None) -> str:
    if row is None or row.fingerprint != migrations.fingerprint():
        return "behind, and no deploy of this release has met it yet"
    return f"{row.get_state_display()} after {row.attempts} attempts {row.error}".rstrip()
