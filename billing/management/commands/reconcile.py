import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from billing.reconciling.findings import Difference
from billing.reconciling.report import NoSuchTenant, Report, everything

DIFFERENCES, TROUBLE = 1, 2


class Command(BaseCommand):
    help = (
        "Compare usage, interviews, the ledger and invoices of all tenants, closed ones too; nothing is changed."
        " Exits with 1 if they differ, with 2 if something could not be read."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object, for machines")
        parser.add_argument("--tenant", default="", help="the schema of the only tenant to look at")

    def handle(self, *args: Any, tenant: str, **options: Any) -> None:
        try:
            report = everything(tenant)
        except NoSuchTenant as error:
            self.stderr.write(f"No tenant has the schema {error}.")
            sys.exit(TROUBLE)
        self._print_json(report) if options["json"] else self._print(report)
        self.stdout.flush()
        if report.trouble:
            sys.exit(TROUBLE)
        if report.differences:
            sys.exit(DIFFERENCES)

    def _print_json(self, report: Report) -> None:
        self.stdout.write(json.dumps(asdict(report)))

    def _print(self, report: Report) -> None:
        for difference in report.differences:
            self.stdout.write(_line(difference))
        for schema, error in report.trouble.items():
            self.stderr.write(f"{schema or 'platform'}: could not be read: {error}")
        compared = ", ".join(f"{count} {what}" for what, count in report.compared.items())
        self.stdout.write(f"{len(report.differences)} differences ({compared})")


def _line(one: Difference) -> str:
    ids = f" [{' '.join(one.ids)}{' …' if one.count > len(one.ids) else ''}]" if one.ids else ""
    return f"{one.tenant or 'platform'}: {one.what}: expected {one.expected}, found {one.found}{ids}"
