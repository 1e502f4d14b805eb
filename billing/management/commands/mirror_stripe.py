from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.models import Subscription
from billing.services.stripe import catching_up, client
from core import tenancy


class Command(BaseCommand):
    help = "Copy what Stripe has since a day: of every tenant that it knows, or of one. What lost messages missed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", required=True, help="a day (UTC), such as 2026-11-01")
        parser.add_argument("--tenant", default="", help="a schema; else all")

    def handle(self, *args: Any, since: str, tenant: str = "", **options: Any) -> None:
        try:
            day = datetime.strptime(since, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError as error:
            raise CommandError(f"{since} is no day such as 2026-11-01.") from error
        known = Subscription.objects.exclude(stripe_customer="").exclude(tenant__status=tenancy.CLOSED)
        if tenant:
            known = known.filter(tenant__schema_name=tenant)
        missed = 0
        for pk, schema in known.values_list("pk", "tenant__schema_name"):
            try:
                with tenancy.enter(schema):
                    missed += catching_up.catch_up(subscription_id=pk, since=day)
            except (client.Unavailable, client.Off) as error:
                raise CommandError(f"Stripe does not answer ({error}): run it again later.") from error
        self.stdout.write(f"{missed} things were other than at Stripe, and are copied.")
