"""Models and prices in the platform's admin: a new price follows the old one, and what can't be right is refused."""

from decimal import Decimal
from typing import Any

from llm import registry
from llm.models import Account, Offer, Price
from llm.tests.test_registry_admin import OFFER, AdminCase, formset, page


class OfferAdminTests(AdminCase):
    def setUp(self) -> None:
        super().setUp()
        self.offer = Offer.objects.get(account__label="xai")
        self.url = page("offer", "change", self.offer.pk)

    def price(self, **fields: str) -> Any:
        row = {"version": "2027-01-01", "usd_in": "2", "usd_cached": "1", "usd_out": "4", "batch_factor": "1"} | fields
        return self.post(self.url, **(OFFER | formset("prices", row)))

    def test_a_new_price_follows_the_old_one_and_is_used_at_once(self) -> None:
        Account.objects.filter(label="xai").update(key_source="env:ACME_API_KEY")
        Offer.objects.filter(pk=self.offer.pk).update(verified_at="2026-11-21")

        response = self.post(
            self.url,
            **(OFFER | {"verified_at": "2026-11-21"}),
            **formset(
                "prices",
                {"version": "2027-01-01", "usd_in": "2", "usd_cached": "1", "usd_out": "4", "batch_factor": "1"},
            ),
        )

        self.assertEqual(response.status_code, 302)
        self.assertEqual(
            list(self.offer.prices.order_by("version").values_list("version", "usd_in")),
            [("2026-11-21", Decimal("1.25")), ("2027-01-01", Decimal(2))],
        )
        self.assertEqual(registry.targets()[0].price_version, "2027-01-01")
        self.assertEqual([action for action, _by in self.trail()], ["llm.offer_saved", "llm.price_added"])

    def test_a_price_that_cannot_be_right_is_refused_with_the_reason(self) -> None:
        cases = [
            ({"usd_in": "-2"}, "usd_in", "greater than or equal to 0"),
            ({"usd_in": "2000"}, "usd_in", "More than $1,000 per million tokens: is the unit right?"),
            ({"usd_in": "two"}, "usd_in", "Enter a number."),
            (
                {"usd_in": "0.0005", "usd_cached": "0"},
                "usd_in",
                "Less than $0.005 per million tokens: is the unit right?",
            ),
            ({"usd_in": "500"}, "usd_out", "Tokens out cost no less than tokens in: is one of them mistyped?"),
            ({"usd_cached": "3"}, "usd_cached", "Cached tokens cost no more than fresh ones."),
            ({"version": "2026-01-01"}, "version", "It must follow 2026-11-21 in the order of the alphabet."),
            ({"batch_factor": "0"}, "batch_factor", "greater than or equal to 0.001"),
            ({"batch_factor": "7"}, "batch_factor", "A part of the price of a live call: 0.5 is half, 1 is no less."),
        ]
        for fields, name, reason in cases:
            with self.subTest(fields):
                response = self.price(**fields)

                self.assertEqual(response.status_code, 200)
                said = response.context["inline_admin_formsets"][0].formset.errors[0]
                self.assertIn(reason, " ".join(said[name]))
        self.assertEqual(Price.objects.filter(offer=self.offer).count(), 1)

    def test_a_stored_price_cannot_be_typed_over(self) -> None:
        stored = self.offer.prices.get()
        fields = {"id": str(stored.pk), "version": stored.version, "usd_in": "0", "usd_cached": "0", "usd_out": "0"}
        sent = formset("prices", fields) | {"prices-INITIAL_FORMS": "1"}

        self.post(self.url, **(OFFER | sent))

        stored.refresh_from_db()
        self.assertEqual(stored.usd_in, Decimal("1.25"))

    def test_unknown_qualities_and_parameters_that_are_none_are_refused(self) -> None:
        for fields, name in (({"quality": "9"}, "quality"), ({"parameters": "[1]"}, "parameters")):
            with self.subTest(fields):
                response = self.post(self.url, **(OFFER | fields | formset("prices")))
                self.assertEqual(list(self.errors(response)), [name])
        response = self.post(self.url, **(OFFER | {"parameters": '{"model": "other"}'} | formset("prices")))
        self.assertEqual(self.errors(response), {"parameters": ["Model, messages and stream are set by the gateway."]})

    def test_the_list_shows_prices_without_a_query_a_row(self) -> None:
        self.client.get(page("offer", "changelist"))

        with self.assertNumQueries(8):
            shown = self.client.get(page("offer", "changelist")).content.decode()

        self.assertIn("1.2500 / 1.2500 / 2.5000 (2026-11-21)", shown)
