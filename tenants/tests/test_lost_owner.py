"""A tenant's only owner who lost phone and codes: the platform's staff lets them in again, and everybody is told."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import mail

from accounts.models import AccountMail, Totp, User
from accounts.roles import Role
from accounts.services import mail as account_mail
from accounts.tests.factors import app_of
from accounts.tests.people import is_in, person, signed_in, with_second_factor
from core import tenancy
from core.testing import HOME, OTHER, TenantClient
from tenants.tests.supported import AdminCase, page, tenant, trail

RESET = {"action": "user.second_factor_reset"}
REASON = "Ticket 4712: called back at the number of the contract."


class LostOwnerTests(AdminCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = person("owner@alpha.example", role=Role.OWNER)
        app_of(self.owner)
        self.at_home = signed_in(self.owner)
        with_second_factor(self.at_home)

    def reset(self, email: str = "Owner@alpha.example ", schema: str = HOME, **fields: str) -> Any:
        path = page("tenant", "let_owner_in", tenant(schema).pk)
        return self.client.post(path, {"email": email, "reason": REASON} | fields)

    def assert_nothing_happened(self) -> None:
        self.assertTrue(Totp.objects.filter(user=self.owner).exists())
        self.assertTrue(is_in(self.at_home))
        self.assertEqual((trail(**RESET), AccountMail.objects.count()), ([], 0))

    def test_the_factor_and_the_sessions_go_and_the_password_stays(self) -> None:
        self.assertTrue(is_in(self.at_home))

        self.assertEqual(self.reset().status_code, 302)

        self.assertFalse(Totp.objects.filter(user=self.owner).exists())
        self.assertFalse(is_in(self.at_home))
        self.assertEqual(User.objects.get(pk=self.owner.pk).password, self.owner.password)

    def test_both_trails_say_who_did_it_and_why(self) -> None:
        self.reset()

        event = ("user.second_factor_reset", "platform", self.root.pk)
        self.assertEqual(trail(**RESET), [(*event, {"reason": REASON})])
        with tenancy.enter_platform():
            self.assertEqual(trail(**RESET), [(*event, {"reason": REASON, "tenant": HOME})])

    def test_the_owner_and_who_manages_the_tenant_are_told_and_nobody_else(self) -> None:
        person("admin@alpha.example", role=Role.ADMIN)
        person("gone@alpha.example", role=Role.ADMIN, is_active=False)
        person("recruiter@alpha.example")

        self.reset()
        for row in AccountMail.objects.order_by("pk"):
            account_mail.send(mail_id=row.pk)

        told = {message.to[0]: message.subject for message in mail.outbox}
        self.assertEqual(
            told,
            {
                "owner@alpha.example": "Your sign-in at Alpha was changed",
                "admin@alpha.example": "The owner's second factor at Alpha was reset",
            },
        )
        self.assertIn("/audit/", str(mail.outbox[1].body))

    def test_it_is_refused_for_whoever_is_not_the_only_owner(self) -> None:
        person("recruiter@alpha.example")
        for email in ("recruiter@alpha.example", "nobody@alpha.example"):
            self.assertContains(self.reset(email), "No active owner of this tenant", status_code=400)
        self.assertContains(self.reset(schema=OTHER), "No active owner of this tenant", status_code=400)
        self.assert_nothing_happened()

        person("second@alpha.example", role=Role.OWNER)
        self.assertContains(self.reset(), "There is another owner", status_code=400)
        self.assert_nothing_happened()

    def test_where_the_other_owner_is_locked_out_too_the_page_names_what_the_operator_does(self) -> None:
        app_of(person("second@alpha.example", role=Role.OWNER))
        text = (Path(settings.ROOT) / "docs" / "operations.md").read_text()
        recipe = next(block for block in re.findall(r"(?s)```\n(.+?)```", text) if 'enter("SCHEMA")' in block)

        self.assertContains(
            self.reset(), "docs/operations.md says what to do (Who lost the last way in)", status_code=400
        )
        filled = recipe.replace("SCHEMA", HOME).replace('email="…"', f'email="{self.owner.email}"').replace("…", REASON)
        exec(filled, {})

        self.assertIn("Who lost the last way in", text)
        self.assertEqual([one.user.email for one in Totp.objects.all()], ["second@alpha.example"])
        self.assertFalse(is_in(self.at_home))
        self.assertEqual([detail for *_, detail in trail(**RESET)], [{"reason": REASON}])

    def test_without_a_reason_it_is_refused(self) -> None:
        for reason in ("", "because", " " * 40 + "x"):
            self.assertEqual(self.reset(reason=reason).status_code, 400)
        self.assert_nothing_happened()

    def test_white_space_makes_a_reason_neither_long_enough_nor_too_long(self) -> None:
        self.assertEqual(self.reset(reason=f"a{' ' * 10}b").status_code, 400)
        self.assert_nothing_happened()

        self.assertEqual(self.reset(reason=REASON.replace(" ", " \n" * 250)).status_code, 302)
        self.assertEqual([detail for *_, detail in trail(**RESET)], [{"reason": REASON}])

    def test_nobody_of_a_tenant_does_it(self) -> None:
        path = page("tenant", "let_owner_in", tenant().pk)
        client = TenantClient("admin")
        for name, cookie in self.at_home.cookies.items():
            client.cookies[name] = cookie.value

        self.assertEqual(client.post(path, {"email": self.owner.email, "reason": REASON}).status_code, 302)
        self.assert_nothing_happened()

    def test_a_mail_to_somebody_who_left_meanwhile_is_no_longer_wanted(self) -> None:
        leaver = person("gone@alpha.example", role=Role.ADMIN, is_active=False)

        self.assertIsNone(account_mail._writers[account_mail.Kind.OWNER_RESET](leaver.pk))
