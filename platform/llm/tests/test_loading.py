"""The data file becomes rows: again and again with the same outcome, around what people edited."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from core import clock, releases
from core.testing import PlatformTestCase
from llm import loading
from llm.models import Account, Offer, Price

PRICE = {"version": "2026-11-21", "unit": "usd_per_million_tokens", "usd_in": "1", "usd_cached": "0.1", "usd_out": "5"}


def file(offer: dict[str, Any] | None = None, **account: Any) -> dict[str, Any]:
    """A data file with one account and one model."""
    named = {"label": "acme", "key_source": "env:ACME_API_KEY"} | account
    return {
        "verified_at": "2026-11-21",
        "providers": [
            {
                "provider": "acme",
                "base_url": "https://api.acme.example/v1",
                "accounts": [named],
                "offers": [{"model": "m", "quality": "small", "price": PRICE} | (offer or {})],
            }
        ],
    }


def price(**changes: str | float) -> dict[str, Any]:
    return {"price": PRICE | changes}


class LoadingTests(PlatformTestCase):
    def load(self, data: dict[str, Any], *, dry_run: bool = False) -> loading.Report:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "providers.json"
            path.write_text(json.dumps(data))
            return loading.load(path=path, dry_run=dry_run)

    def test_the_file_of_the_project_is_there_after_a_migration_and_loads_again_without_a_change(self) -> None:
        self.assertGreaterEqual(Account.objects.values("provider").distinct().count(), 19)

        report = loading.load()

        self.assertEqual(report, loading.Report())

    def test_every_provider_has_what_it_needs_and_free_plans_that_train_are_marked(self) -> None:
        trains = Account.objects.filter(trains_on_data=True).values_list("label", flat=True)
        unpriced = set(Offer.objects.filter(prices=None).values_list("account__provider", flat=True))

        self.assertEqual(list(trains), ["gemini-free", "mistral-free"])
        self.assertEqual(
            unpriced, {"azure-openai", "github-models", "groq", "huggingface", "nvidia", "openai", "openrouter"}
        )
        self.assertEqual(Account.objects.get(label="gemini").time_zone, "America/Los_Angeles")
        self.assertEqual(str(Account.objects.get(label="github-models").retires_at), "2026-07-30")

    def test_a_load_adds_the_account_its_model_and_its_price(self) -> None:
        report = self.load(file())

        self.assertEqual(report.added, ["acme", "acme/m", "acme/m at 2026-11-21"])
        stored = Price.objects.get(offer__account__label="acme")
        self.assertEqual((stored.usd_in, stored.usd_cached, stored.usd_out), (1, Decimal("0.1"), 5))

    def test_a_dry_run_says_the_same_and_changes_nothing(self) -> None:
        report = self.load(file(), dry_run=True)

        self.assertEqual(len(report.added), 3)
        self.assertFalse(Account.objects.filter(label="acme").exists())

    def test_a_changed_fact_is_updated_and_one_taken_away_goes_back_to_its_default(self) -> None:
        self.load(file(requests_per_minute=30))

        report = self.load(file(region="eu"))

        account = Account.objects.get(label="acme")
        self.assertEqual((account.region, account.requests_per_minute, report.changed), ("eu", None, ["acme"]))

    def test_what_a_person_edited_is_left_alone_and_named(self) -> None:
        self.load(file())
        Account.objects.filter(label="acme").update(region="us", edited_at=clock.now())
        Offer.objects.filter(account__label="acme").update(edited_at=clock.now())

        report = self.load(file(price(version="2027-01-01", usd_in="2"), region="eu"))

        self.assertEqual((report.left, report.changed, report.added), (["acme", "acme/m"], [], []))
        self.assertEqual(Account.objects.get(label="acme").region, "us")
        self.assertEqual(Price.objects.filter(offer__account__label="acme").count(), 1)

    def test_a_changed_price_becomes_a_new_version_beside_the_old_one(self) -> None:
        self.load(file())

        report = self.load(file(price(version="2027-01-01", usd_in="2")))

        prices = Price.objects.filter(offer__account__label="acme").order_by("version")
        self.assertEqual([(one.version, one.usd_in) for one in prices], [("2026-11-21", 1), ("2027-01-01", 2)])
        self.assertEqual(report.added, ["acme/m at 2027-01-01"])

    def test_a_changed_price_under_the_same_version_is_refused(self) -> None:
        self.load(file())

        report = self.load(file(price(usd_in="2")))

        self.assertEqual(report.refused, ["acme/m: price: it changed, so its version must follow 2026-11-21."])
        self.assertEqual(Price.objects.get(offer__account__label="acme").usd_in, 1)

    def test_a_stored_price_is_never_updated_by_anybody(self) -> None:
        self.load(file())

        with self.assertRaises(DatabaseError), transaction.atomic():
            Price.objects.filter(offer__account__label="acme").update(usd_in=0)

    def test_a_row_that_cannot_be_right_is_left_out_with_its_reason(self) -> None:
        cases: list[tuple[dict[str, Any], str]] = [
            (file(price(usd_in="-1")), "acme/m: usd_in: Ensure this value is greater than or equal to 0."),
            (file(price(usd_in="1001")), "acme/m: usd_in: More than $1,000 per million tokens: is the unit right?"),
            (file(price(usd_in="o.10")), "acme/m: usd_in: 'o.10' is not a number in quotes."),
            (file(price(usd_in="NaN")), "acme/m: usd_in: 'NaN' is not a number in quotes."),
            (file(price(usd_in=0.1)), "acme/m: usd_in: 0.1 is not a number in quotes."),
            (file(price(usd_in="0.001", usd_cached="0")), "acme/m: usd_in: Less than $0.005 per million tokens: "),
            (file(price(usd_out="0.9")), "acme/m: usd_out: Tokens out cost no less than tokens in: "),
            (file(price(usd_cached="2")), "acme/m: usd_cached: Cached tokens cost no more than fresh ones."),
            (
                file(price(unit="usd_per_thousand_tokens")),
                "acme/m: price: unknown unit 'usd_per_thousand_tokens'; usd_per_million_tokens is meant.",
            ),
            (file({"quality": "huge"}), "acme/m: quality: 'huge' is none of small, medium, strong, frontier."),
            (file({"contxt": 1}), "acme/m: unknown field contxt."),
            (file(region="mars"), "acme: region: Unknown region. Leave it empty, or write one of: "),
            (file(requests_per_minute=-30), "acme: requests_per_minute: "),
            (file(base_url="ftp://acme"), "acme: base_url: Write an address such as https://api.openai.com/v1."),
            (file(base_url="https://me@acme.example"), "acme: base_url: Leave name and password out"),
            (file(base_url="https://acme.example/{ACME_API_KEY}"), "acme: base_url: A variable that holds a secret"),
            (file(key_source="sk-typed-here"), "acme: key_source: Write env:NAME, "),
            (file(verified_at="yesterday"), "acme: 'yesterday' is not a date."),
        ]
        for data, reason in cases:
            with self.subTest(reason), transaction.atomic():
                report = self.load(data)

                self.assertEqual(len(report.refused), 1)
                self.assertIn(reason, report.refused[0])
                self.assertFalse(Offer.objects.filter(account__label="acme").exists())
                transaction.set_rollback(True)

    def test_after_a_migration_the_rows_are_loaded_by_themselves_and_a_quiet_one_says_nothing(self) -> None:
        Account.objects.filter(label="xai-2").delete()
        said: list[str] = []

        releases.load_all(said.append)
        releases.load_all(said.append)

        self.assertTrue(Account.objects.filter(label="xai-2").exists())
        self.assertEqual(said, ["registry: 3 added, 0 changed, 0 left as edited by hand"])

    def test_the_command_names_each_row_and_fails_where_one_was_refused(self) -> None:
        Account.objects.filter(label="xai-2").delete()
        Account.objects.filter(label="groq").update(edited_at=clock.now())
        out = StringIO()

        call_command("load_registry", stdout=out)

        self.assertEqual(
            out.getvalue().splitlines(),
            [
                "added xai-2",
                "added xai-2/grok-4.3",
                "added xai-2/grok-4.3 at 2026-11-21",
                "left groq: edited by hand",
                "3 added, 0 changed, 1 left.",
            ],
        )
        Price.objects.filter(offer__account__label="xai").delete()
        Price.objects.create(
            offer=Offer.objects.get(account__label="xai"),
            version="2027",
            usd_in=Decimal(1),
            usd_cached=Decimal(1),
            usd_out=Decimal(1),
        )
        with self.assertRaises(CommandError):
            call_command("load_registry", "--dry-run", stdout=out)

    def test_the_command_says_that_a_broken_file_is_no_json(self) -> None:
        with TemporaryDirectory() as folder:
            (broken := Path(folder) / "providers.json").write_text('{"providers": [')
            with mock.patch.dict(loading.load.__kwdefaults__, path=broken), self.assertRaises(CommandError) as caught:
                call_command("load_registry")

        self.assertIn("is no JSON, nothing was changed: Expecting value", str(caught.exception))
