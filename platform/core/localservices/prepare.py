"""Steps 4 and 5 of `make run` in one process, which loads Django once: the databases and the demo.

It is started before the services, imports what needs no settings meanwhile, and goes on when it is told the
environment: one line of JSON on its standard input.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress

import django
from django.core.management import CommandError, call_command

from core.localservices.progress import step

HEAVY = (
    "celery.schedules",
    "structlog",
    "psycopg",
    "rest_framework.serializers",
    "django.contrib.admin",
    "django.core.management.commands.migrate",
    "pgtrigger",
    "prometheus_client",
)


class Notes(io.TextIOBase):
    """A command's output, handed on line by line."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self.note = note
        self.rest = ""

    def write(self, text: str) -> int:
        *lines, self.rest = (self.rest + text).split("\n")
        for line in filter(None, map(str.rstrip, lines)):
            self.note(line)
        return len(text)


def main() -> int:
    """:returns: the exit code: 1 after an error that a command could name."""
    for name in HEAVY:
        with suppress(ImportError):  # whoever needs it says so
            importlib.import_module(name)
    line = sys.stdin.readline()
    if not line:
        return 1  # the supervisor ended before the services were there
    os.environ.update(json.loads(line))
    with step(4, "migrate") as note:
        django.setup()
        code = _call("migrate_all", note)
    if code == 0:
        with step(5, "demo") as note:
            code = _call("seed_demo", note)
    return code


def _call(command: str, note: Callable[[str], None]) -> int:
    try:
        call_command(command, stdout=Notes(note), no_color=True)
    except CommandError as error:
        note(f"{command}: {error}")
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
