"""VAT of a service between businesses, and the numbers that it asks for."""

import string
from decimal import Decimal

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from billing.services import tax, tax_ids
from billing.services.countries import COUNTRIES
from billing.services.tax import EU

CENTS = st.decimals("0.01", "9999999.99", places=2)
PERCENTS = st.decimals("0", "50", places=2)
HOME = Decimal("23.00")


def owed(seller: str, buyer: str, *, has_tax_id: bool) -> tax.Tax:
    return tax.owed(seller_country=seller, home_percent=HOME, buyer_country=buyer, has_tax_id=has_tax_id)


class OwedTests(SimpleTestCase):
    def test_each_case(self) -> None:
        cases = (
            ("PT", "PT", True, HOME, ""),
            ("PT", "PT", False, HOME, ""),
            ("PT", "DE", True, Decimal(0), "Reverse charge"),
            ("PT", "DE", False, HOME, ""),
            ("PT", "US", True, Decimal(0), "Outside the scope"),
            ("PT", "GB", False, Decimal(0), "Outside the scope"),
            ("PT", "CH", True, Decimal(0), "Outside the scope"),
            ("US", "DE", True, Decimal(0), "Outside the scope"),
            ("US", "US", False, HOME, ""),
        )
        for seller, buyer, has_tax_id, percent, note in cases:
            with self.subTest(seller=seller, buyer=buyer, has_tax_id=has_tax_id):
                found = owed(seller, buyer, has_tax_id=has_tax_id)
                self.assertEqual(found.percent, percent)
                self.assertEqual(found.note[: len(note)], note)
                self.assertEqual(bool(found.note), bool(note))

    def test_the_union_has_twenty_seven_members_and_each_is_a_country(self) -> None:
        self.assertEqual((len(EU), EU - set(COUNTRIES)), (27, set()))

    @given(st.sampled_from(sorted(COUNTRIES)), st.sampled_from(sorted(COUNTRIES)), st.booleans())
    def test_no_tax_always_says_why_and_tax_is_only_the_seller_s(self, seller: str, buyer: str, has: bool) -> None:
        found = owed(seller, buyer, has_tax_id=has)

        self.assertEqual(found.percent == 0, bool(found.note))
        self.assertIn(found.percent, (Decimal(0), HOME))
        if found.percent:
            self.assertTrue(buyer == seller or (seller in EU and buyer in EU and not has))

    @given(CENTS, PERCENTS)
    def test_the_tax_is_the_nearest_cent(self, subtotal: Decimal, percent: Decimal) -> None:
        found = tax.Tax(percent).on(subtotal)

        exact = subtotal * percent / 100
        self.assertEqual(found, found.quantize(Decimal("0.01")))
        self.assertLessEqual(abs(found - exact), Decimal("0.005"))
        self.assertTrue(found - exact != Decimal("-0.005"))  # half a cent goes up


class TaxIdTests(SimpleTestCase):
    def test_each_country_s_number_gets_its_usual_form(self) -> None:
        cases = (
            ("PT", "pt 501 964 843", "PT501964843"),
            ("PT", "501964843", "PT501964843"),
            ("DE", "DE 136,695 976", "DE136695976"),
            ("GR", "EL 094259216", "EL094259216"),
            ("GR", "094259216", "EL094259216"),
            ("FR", "Fr 40 303 265 045", "FR40303265045"),
            ("NL", "NL4495445B01", "NL004495445B01"),
            ("AT", "AT U13585627", "ATU13585627"),
            ("ES", "B-58378431", "ESB58378431"),
            ("GB", "GB 980 7806 84", "980780684"),
            ("CH", "CHE-107.787.577 IVA", "CHE107787577IVA"),
            ("US", " 91-1144442 ", "91-1144442"),
            ("DE", "  ", ""),
        )
        for country, typed, wanted in cases:
            with self.subTest(country=country, typed=typed):
                self.assertEqual(tax_ids.clean(typed, country=country), wanted)

    def test_a_wrong_one_is_refused(self) -> None:
        for country, typed in (
            ("PT", "PT501964842"),
            ("DE", "PT501964843"),
            ("PT", "DE136695976"),
            ("FR", "FR40303265046"),
            ("GR", "GR"),
            ("IT", "00000000000000000000"),
            ("DE", "' OR 1=1 --"),
            ("US", "<script>"),
            ("US", "-"),
        ):
            with self.subTest(country=country, typed=typed), self.assertRaises(tax_ids.BadTaxId):
                tax_ids.clean(typed, country=country)

    @given(st.sampled_from(sorted(COUNTRIES)), st.text(string.printable + "äß€\u202e", max_size=30))
    def test_whatever_is_typed_it_is_one_of_two_and_its_usual_form_stays(self, country: str, typed: str) -> None:
        try:
            found = tax_ids.clean(typed, country=country)
        except tax_ids.BadTaxId:
            return
        self.assertEqual(tax_ids.clean(found, country=country), found)
