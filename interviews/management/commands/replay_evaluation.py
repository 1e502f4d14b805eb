from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import tenancy
from interviews.services import replaying


class Command(BaseCommand):
    help = (
        "Derive an evaluation's result anew from what was stored, and print what differs from it. "
        "Exits with status 1 when anything does, with 2 when it can't be derived."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=UUID, help="of the evaluation, or of the interview: then its newest one")
        parser.add_argument("--schema", required=True, help="the tenant's schema")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with tenancy.enter(options["schema"]):
                found = replaying.replay(evaluation_id=options["id"])
        except (replaying.CannotReplay, tenancy.UnknownTenant) as error:
            raise CommandError(str(error), returncode=2) from error
        if found.versions.get("code") != found.code:
            self.stdout.write(f"made with code {found.versions.get('code', '?')}, derived with {found.code}")
        for one in found.differences:
            self.stdout.write(f"{one.what}\n- {one.stored}\n+ {one.derived}")
        if found.differences:
            raise CommandError(f"{len(found.differences)} values differ from what was stored.", returncode=1)
        self.stdout.write("The derived result is the stored one.")
