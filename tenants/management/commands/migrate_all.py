import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core.localservices import roles
from tenants.management import reporting
from tenants.services import deploying


class Command(BaseCommand):
    help = "Migrate the keys' database, the public schema and every tenant schema that drifted, as the owner role."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        reporting.add_canary(parser)

    def handle(self, *args: Any, canary: str = "", **options: Any) -> None:
        if not settings.PRODUCTION:  # on servers the operator makes roles and databases (docs/operations.md)
            roles.prepare_databases(os.environ)
        with reporting.errors():
            outcome = deploying.migrate_all(self.stdout.write, canary=canary)
        reporting.require_success(outcome)
