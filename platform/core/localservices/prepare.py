"""Steps 4 and 5 of `make run` in one process, which loads Django once: the databases and the demo."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import django
from django.core.management import CommandError, call_command

from core.localservices.progress import step


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
