from typing import Any

from django.core.management.base import BaseCommand

from tenants.services import schemas


class Command(BaseCommand):
    help = "Migrate the keys' database, the public schema and every tenant schema that drifted, as the owner role."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        schemas.migrate_all(lambda line: self.stdout.write(f"migrated {line}"))
