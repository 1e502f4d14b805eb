import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core import doctor


class Command(BaseCommand):
    help = "Look at everything Candor needs: a line each, and what to do. Exits with 1 when something FAILs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object, for machines")
        parser.add_argument("--strict", action="store_true", help="a warning counts as a failure")

    def handle(self, *args: Any, strict: bool, **options: Any) -> None:
        found = doctor.examine()
        worst = doctor.worst(found.values())
        if options["json"]:
            checks = {name: asdict(finding) for name, finding in found.items()}
            self.stdout.write(json.dumps({"worst": worst, "checks": checks}))
        else:
            self._print(found)
        self.stdout.flush()
        if worst == doctor.FAIL or (strict and worst == doctor.WARN):
            sys.exit(1)

    def _print(self, found: dict[str, doctor.Finding]) -> None:
        width = max(map(len, found))
        for name, finding in found.items():
            todo = f" -> {finding.todo}" if finding.todo else ""
            self.stdout.write(f"{finding.level:<4}  {name:<{width}}  {finding.what}{todo}")
