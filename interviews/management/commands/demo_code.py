from typing import Any

from django.core.management.base import BaseCommand, CommandError

from interviews.services import demo


class Command(BaseCommand):
    help = "Print the codes that the authenticator apps of the demo's accounts show now (development only)."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for email, code in demo.codes().items():
                self.stdout.write(f"{code}  {email}")
        except demo.DemoRefused as error:
            raise CommandError(str(error)) from error
