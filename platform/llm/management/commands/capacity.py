import argparse
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from llm import capacity_report, capacity_text
from llm.capacity_report import NotReady, UnknownUse
from llm.capacity_table import BadTable


class Command(BaseCommand):
    help = "What the model accounts can carry, what binds first, what it costs, and what is missing (docs/capacity.md)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interviews-per-day", type=count, metavar="N", help="without a number: 50,000 a day and")
        parser.add_argument("--interviews-per-month", type=count, metavar="N", help="50,000 a month")
        parser.add_argument("--free-only", action="store_true", help="only accounts that cost nothing")
        parser.add_argument("--plan", type=Path, metavar="FILE", help="a JSON table of providers, not the registry")
        parser.add_argument(
            "--self-hosted",
            type=server,
            action="append",
            default=[],
            metavar="NAME=TOKENS_PER_SECOND",
            help="an Ollama or vLLM server and what it writes over all requests; may be repeated",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object, for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        servers = options["self_hosted"]
        if len(dict(servers)) < len(servers):
            raise CommandError("--self-hosted names a server twice: give each a name of its own.")
        try:
            report = capacity_report.make(
                per_day=options["interviews_per_day"],
                per_month=options["interviews_per_month"],
                free_only=options["free_only"],
                table=options["plan"],
                self_hosted=dict(servers),
            )
        except (BadTable, UnknownUse, NotReady) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(capacity_text.as_json(report)))
        else:
            self.stdout.write("\n".join(capacity_text.lines(report)))


def count(text: str) -> int:
    """A number of interviews, at least one; 50,000 may be written with its comma."""
    try:
        number = int(text.replace(",", ""))
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of interviews: write a whole number of 1 or more.")
    return number


def server(text: str) -> tuple[str, Fraction]:
    """NAME=TOKENS_PER_SECOND."""
    name, _, speed = text.partition("=")
    try:
        written = Fraction(speed if len(speed) < 16 and "e" not in speed.lower() else "")  # or 1e9999999 fills memory
    except (ValueError, ZeroDivisionError):
        written = Fraction(0)
    if not name.strip() or written <= 0:
        example = "vllm-1=2500, the tokens that it writes a second"
        raise argparse.ArgumentTypeError(f"{text!r} is no server: write NAME=TOKENS_PER_SECOND, such as {example}.")
    return name.strip(), written
