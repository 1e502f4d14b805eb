"""VAT is told before anybody agrees to pay, and what a VAT number is good for."""

from decimal import Decimal
from typing import Any

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import Invoice, Seller
from billing.services import own_plan, sellers, tax, tax_ids
from billing.tests import bought, invoiced
from billing.tests.test_billing_page import words
from core.testing import TenantTestCase

PORTUGAL = {"country": "PT", "tax_id": "PT501964843"}
SPAIN = {"country": "ES", "tax_id": ""}


class ToldCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        sellers.current()
        Seller.objects.update(country="PT", tax_percent=Decimal(23))
        self.olga = person("olga@alpha.example", role=Role.OWNER)
        self.client = signed_in(self.olga)

    def words(self, code: str) -> str:
        return words(self.client, f"/billing/plan/{code}/")


class BeginningTests(ToldCase):
    def setUp(self) -> None:
        super().setUp()
        bought.trying("starter")

    def test_net_tax_and_total_of_the_first_invoice_are_those_of_the_invoice(self) -> None:
        invoiced.details(**PORTUGAL)

        found = self.words("starter")

        self.assertIn("First invoice, before tax $99.00 VAT 23% $22.77 Total with tax $121.77", found)
        invoiced.no_lines()
        own_plan.start_by_invoice(by=self.olga, code="starter", shown="starter")
        from billing.services import invoicing

        invoicing.look(subscription_id=bought.held().pk)
        self.assertEqual(Invoice.objects.get().total_usd, Decimal("121.77"))

    def test_with_reverse_charge_none_is_added_and_the_sentence_is_there(self) -> None:
        invoiced.details()

        found = self.words("starter")

        self.assertIn("VAT 0% $0.00 Total with tax $99.00", found)
        self.assertIn("Reverse charge", found)

    def test_without_details_nothing_is_guessed(self) -> None:
        found = self.words("starter")

        self.assertIn("$99.00", found)
        self.assertNotIn("VAT", found)

    def test_details_that_nobody_checked_and_that_are_wrong_promise_nothing(self) -> None:
        invoiced.details(tax_id="DE000000000")

        self.assertNotIn("Total with tax", self.words("starter"))


class ChangingTests(ToldCase):
    def test_a_change_now_shows_its_tax_and_total(self) -> None:
        bought.on("starter")
        invoiced.details(**SPAIN)

        response: Any = self.client.get("/billing/plan/professional/")

        told, net = response.context["taxed"], response.context["preview"].change.net_usd
        self.assertEqual((told.net_usd, told.percent), (net, 23))
        self.assertEqual(told.total_usd, net + (net * 23 / 100).quantize(Decimal("0.01")))
        self.assertIn(f"Total with tax ${told.total_usd:.2f}", self.words("professional"))

    def test_by_card_it_is_stripe_s_to_say(self) -> None:
        bought.on("starter", collection="stripe")
        invoiced.details(**SPAIN)

        self.assertNotIn("Total with tax", self.words("professional"))


class HintTests(ToldCase):
    def test_the_form_says_what_the_number_saves(self) -> None:
        self.assertIn(
            "Without it we must add 23% VAT to invoices for companies in the EU.",
            words(self.client, "/billing/details/"),
        )

    def test_a_seller_outside_of_the_eu_adds_none(self) -> None:
        Seller.objects.update(country="US", tax_percent=Decimal(0))

        self.assertNotIn("Without it", words(self.client, "/billing/details/"))

    def test_a_number_that_is_wrong_names_the_country_and_shows_one(self) -> None:
        with self.assertRaises(tax_ids.BadTaxId) as refused:
            tax_ids.clean("GB1", country="GB")

        self.assertIn("United Kingdom", str(refused.exception))
        self.assertIn("A right one looks like this: GB980780684.", str(refused.exception))

    def test_every_example_is_one_that_is_accepted(self) -> None:
        for country, example in tax.EXAMPLES.items():
            with self.subTest(country):
                self.assertTrue(tax_ids.clean(example, country=country))
        self.assertLessEqual(tax.EU, set(tax.EXAMPLES))
