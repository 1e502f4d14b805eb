"""What the commands that deploy say when it went wrong, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError, CommandParser

from tenants.services import deploying, locks


def add_canary(parser: CommandParser) -> None:
    parser.add_argument(
        "--canary",
        default="",
        metavar="SCHEMA",
        help="the tenant that goes first (without it: the oldest that drifted)",
    )


@contextmanager
def errors() -> Iterator[None]:
    """:raises CommandError: with what to do, for what stops a deploy before it began."""
    try:
        yield
    except deploying.PublicIsBehind as error:
        raise CommandError(
            "The public schema lacks migrations: run manage.py migrate_all, which does it first."
        ) from error
    except deploying.NoSuchCanary as error:
        raise CommandError(
            f"No tenant has the schema {error}: name one of manage.py migrate_tenants --status."
        ) from error
    except locks.StillHeld as error:
        raise CommandError("Another deploy runs and did not end: look at it, then run this again.") from error


def require_success(outcome: deploying.Outcome) -> None:
    """:raises CommandError: if a schema failed."""
    if outcome.left:
        [canary] = outcome.failed
        raise CommandError(
            f"The canary {canary} failed, so {len(outcome.left)} others were not begun. Mend what its error names and "
            "run this again, or let another go first (--canary SCHEMA)."
        )
    if outcome.failed:
        raise CommandError(
            f"{len(outcome.failed)} schemas failed ({', '.join(sorted(outcome.failed))}), all others are up to date. "
            "Mend what the errors name and run this again: it goes on with these alone."
        )
