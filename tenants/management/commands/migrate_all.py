import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core.localservices import roles
from tenants.services import schemas


class Command(BaseCommand):
    help = "Migrate the keys' database, the public schema and every tenant schema that drifted, as the owner role."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.PRODUCTION:  # on servers the operator makes roles and databases (docs/operations.md)
            roles.prepare_databases(os.environ)
        schemas.migrate_all(lambda line: self.stdout.write(f"migrated {line}"))
