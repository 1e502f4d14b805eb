from typing import Any

from django.core.management.base import BaseCommand, CommandError

from interviews.services import demo


class Command(BaseCommand):
    help = "Make the demo tenants acme and globex with jobs and finished interviews (development only)."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            summary = demo.seed(lambda line: self.stdout.write(line))
        except demo.DemoRefused as error:
            raise CommandError(str(error)) from error
        for tenant in summary["tenants"]:
            self.stdout.write(f"{tenant['name']}: {tenant['email']}")
