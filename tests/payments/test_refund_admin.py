"""Money of Stripe's invoices given back in the platform's admin: once, with a reason, in both trails."""

from typing import Any

from django.urls import reverse

from accounts.roles import Role
from accounts.tests.people import person, platform_admin, signed_in
from billing.models import Invoice
from billing.services.stripe import claim
from core import tenancy
from core.testing import OTHER
from tenants.tests.supported import trail
from tests.payments.case import ShopCase, event, invoice

REASON = "The export failed for a day."
GIVEN = {"amount_usd": "50.25", "reason": REASON, "left_usd": "121.77"}


class RefundAdminTests(ShopCase):
    def setUp(self) -> None:
        super().setUp()
        self.row = self.copied(invoice())
        with tenancy.enter_platform():
            self.root = platform_admin()
            self.browser = signed_in(self.root, "admin")

    def copied(self, raw: Any) -> Invoice:
        self.tell(event("invoice.updated", self.shop.put(raw)))
        self.shop.asked.clear()
        return Invoice.objects.get(stripe_id=raw["id"])

    def page(self, act: str, row: Invoice | None = None) -> str:
        return reverse(f"admin:billing_invoice_{act}", args=[(row or self.row).pk], urlconf="config.urls_admin")

    def refused(self, part: str, act: str = "refund", **fields: str) -> None:
        """It says why, and no money went."""
        self.assertContains(self.browser.post(self.page(act), GIVEN | fields), part, status_code=400)
        self.assertEqual((self.row.corrections.count(), self.shop.of("credit_note")), (0, []))

    def test_its_page_offers_what_stripe_can_do_and_nothing_of_ours(self) -> None:
        shown = self.browser.get(self.page("change")).content.decode()

        self.assertIn("Give money back", shown)
        for ours in ("Mark as paid", "Credit note", "Download PDF"):
            self.assertNotIn(ours, shown)
        for act in ("mark_paid", "credit", "download"):
            self.assertEqual(self.browser.post(self.page(act), GIVEN).status_code, 403)
        self.assertContains(self.browser.get(self.page("refund")), "At most $121.77: so much was not given back yet.")
        self.assertEqual(self.shop.asked, [])

    def test_money_is_given_back_and_both_trails_say_by_whom_and_why(self) -> None:
        answer = self.browser.post(self.page("refund"), GIVEN)

        note = Invoice.objects.get(kind="credit_note")
        self.assertEqual((answer.status_code, answer["Location"]), (302, self.page("change", note)))
        self.assertEqual((note.total_usd, note.corrects), (50.25, self.row))
        self.assertEqual([one.form["amount"] for one in self.shop.posts("credit_notes")], ["5025"])
        asked = {"number": self.row.number, "amount": "50.25", "reason": REASON}
        who = ("invoice.refund_asked", "platform", self.root.pk)
        self.assertEqual(trail(action="invoice.refund_asked"), [(*who, asked)])
        with tenancy.enter_platform():
            self.assertEqual(trail(action="invoice.refund_asked"), [(*who, asked | {"tenant": "alpha"})])
        with tenancy.enter(OTHER):
            self.assertEqual(trail(action="invoice.refund_asked"), [])

    def test_of_two_people_the_second_is_told_and_gives_nothing(self) -> None:
        first, second = self.browser.post(self.page("refund"), GIVEN), self.browser.post(self.page("refund"), GIVEN)

        self.assertEqual(first.status_code, 302)
        self.assertContains(second, "$71.52 are left. Load it anew; nothing was done.", status_code=400)
        self.assertEqual(len(self.shop.posts("credit_notes")), 1)

    def test_what_can_t_be_is_said_on_the_form(self) -> None:
        self.refused("Between $0.01 and $121.77", amount_usd="121.78")
        self.refused("Between $0.01 and $121.77", amount_usd="-1")
        self.refused("Say in a sentence why", reason="no")
        self.refused("Load the page anew", left_usd="")
        self.refused("Only an unpaid invoice can be made void.", act="void")
        with claim.taken(self.held.pk):
            self.refused("Try again in two minutes.")
        self.assertEqual((self.shop.posts(), trail(action="invoice.refund_asked")), ([], []))

    def test_what_stripe_does_not_do_is_said_with_what_to_do(self) -> None:
        self.shop.says["credit_notes"] = (
            400,
            {"error": {"type": "invalid_request_error", "code": "charge_disputed", "message": "Disputed."}},
        )
        self.refused("Stripe refuses this (charge_disputed).")
        self.shop.says.clear()
        self.shop.away = True
        self.refused("Stripe does not answer, so it may have been done or not.")
        with self.settings(STRIPE_SECRET_KEY=""):
            self.refused("Payment by card is not set up here")

    def test_an_unpaid_one_is_made_void_at_stripe(self) -> None:
        row = self.copied(invoice("in_2", status="open"))

        answer = self.browser.post(self.page("void", row), {"reason": REASON})

        row.refresh_from_db()
        self.assertEqual((answer.status_code, row.status), (302, "void"))
        self.assertEqual([one.path for one in self.shop.posts()], ["/v1/invoices/in_2/void"])
        self.assertEqual(trail(action="invoice.void_asked")[0][1:3], ("platform", self.root.pk))

    def test_nobody_else_gets_there(self) -> None:
        with self.in_tenant(OTHER):
            other = signed_in(person("eve@beta.example", role=Role.OWNER), "admin")
        for stranger in (self.client_class("admin"), signed_in(person(role=Role.OWNER), "admin"), other):
            for act in ("refund", "void"):
                answer = stranger.post(self.page(act), GIVEN)
                self.assertEqual(answer.status_code, 302)
                self.assertIn("/login/", answer["Location"])
        self.assertEqual(self.shop.asked, [])
