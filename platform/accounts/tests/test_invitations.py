"""An invitation is mailed, opened, and used once."""

import re
from datetime import timedelta
from typing import Any
from unittest import mock

from django.core import mail
from django.test import Client

from accounts.models import AccountMail, TeamInvitation, User
from accounts.roles import IN_SHORT, Role
from accounts.services import invitations
from accounts.services import mail as outbox
from accounts.tests.people import PASSWORD, is_in, person, sign_in, signed_in
from core import clock
from core.models import Due
from core.testing import HOME, OTHER, TenantClient, TenantTestCase

FORM = {"name": "Eve", "password": PASSWORD, "again": PASSWORD}


def sent() -> str:
    """Send what is owed; the path of the newest mail's link."""
    for row in AccountMail.objects.filter(status="owed"):
        outbox.send(mail_id=row.pk)
    found = re.findall(r"https?://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    return str(found[0])


def joined(client: Client, path: str, **form: Any) -> Any:
    client.get(path)
    return client.post("/join/", FORM | form)


class InvitationTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = person("owner@alpha.example", role=Role.OWNER)
        self.row = invitations.invite(email=" Eve@Alpha.Example", name="Eve", role=Role.RECRUITER, by=self.owner)

    def test_the_mail_names_the_inviter_the_role_and_a_link_whose_secret_is_stored_nowhere(self) -> None:
        self.assertEqual(TeamInvitation.objects.get().token_hash, "")
        path = sent()

        self.assertEqual(mail.outbox[-1].to, ["eve@alpha.example"])
        self.assertIn("Ada invites you to the hiring team of", str(mail.outbox[-1].body))
        secret = path.split("/")[2]
        self.assertNotIn(secret, str(list(TeamInvitation.objects.values()) + list(AccountMail.objects.values())))
        self.assertFalse(Due.objects.filter(tenant=HOME, kind="account_mail").exists())

    def test_the_secret_leaves_the_address_at_once_and_opening_it_writes_nothing(self) -> None:
        path = sent()
        self.client.get("/join/")
        with self.assertNumQueries(0):
            response = self.client.get(path)

        self.assertEqual((response.status_code, response["Location"]), (303, "/join/"))
        self.assertContains(self.client.get("/join/"), "You sign in as eve@alpha.example. Your role: Recruiter.")

    def test_joining_makes_the_person_and_signs_them_in(self) -> None:
        response = joined(self.client, sent())

        self.assertRedirects(response, "/", fetch_redirect_response=False)
        self.assertTrue(is_in(self.client))
        user = User.objects.get(email="eve@alpha.example")
        self.assertEqual((user.role, user.name), ("recruiter", "Eve"))
        self.assertEqual(TeamInvitation.objects.get().status, "accepted")

    def test_a_new_owner_is_led_to_the_second_factor(self) -> None:
        invitations.invite(email="boss@alpha.example", name="Boss", role=Role.OWNER)
        joined(self.client, sent())

        self.assertRedirects(self.client.get("/"), "/account/second-factor/", fetch_redirect_response=False)

    def test_it_works_once(self) -> None:
        path = sent()
        joined(TenantClient(), path)

        self.assertContains(joined(self.client, path, name="Mallory"), "works no longer", status_code=404)
        self.assertFalse(User.objects.filter(name="Mallory").exists())

    def test_a_weak_password_or_two_different_ones_make_nobody(self) -> None:
        path = sent()
        for form in ({"password": "short", "again": "short"}, {"again": "another-long-one"}, {"name": ""}):
            self.assertEqual(joined(self.client, path, **form).status_code, 400)

        self.assertFalse(User.objects.filter(email="eve@alpha.example").exists())
        self.assertEqual(TeamInvitation.objects.get().status, "pending")

    def test_after_a_week_it_works_no_longer(self) -> None:
        path = sent()
        with mock.patch("accounts.services.invitations.clock.now", return_value=clock.now() + timedelta(days=7)):
            self.assertEqual(joined(self.client, path).status_code, 404)

    def test_a_new_mail_ends_the_link_before_it(self) -> None:
        old = sent()
        invitations.resend(invitation_id=self.row.pk, by=self.owner)
        new = sent()

        self.assertEqual(joined(TenantClient(), old).status_code, 404)
        self.assertEqual(joined(self.client, new).status_code, 302)

    def test_a_revoked_one_leads_nowhere_and_its_mail_is_not_sent(self) -> None:
        path = sent()
        invitations.resend(invitation_id=self.row.pk, by=self.owner)
        invitations.revoke(invitation_id=self.row.pk, by=self.owner)
        outbox.send(mail_id=AccountMail.objects.get(status="owed").pk)

        self.assertEqual(len(mail.outbox), 1)
        self.assertEqual(joined(self.client, path).status_code, 404)

    def test_it_leads_nowhere_once_its_sender_is_disabled_or_may_not_invite_until_somebody_else_sends_it(self) -> None:
        person("second@alpha.example", role=Role.OWNER)
        for changed in ({"is_active": False}, {"role": Role.RECRUITER}):
            User.objects.filter(pk=self.owner.pk).update(**{"is_active": True, "role": Role.OWNER} | changed)
            self.assertEqual(joined(self.client, sent()).status_code, 404)
            outbox.owe(kind=outbox.Kind.INVITATION, about_id=self.row.pk)
        self.assertFalse(User.objects.filter(email="eve@alpha.example").exists())

        invitations.resend(invitation_id=self.row.pk, by=User.objects.get(email="second@alpha.example"))

        self.assertEqual(joined(self.client, sent()).status_code, 302)

    def test_an_owner_s_invitation_needs_an_owner_to_the_end(self) -> None:
        row = invitations.invite(email="ceo@alpha.example", name="C", role=Role.OWNER, by=self.owner)
        path = sent()
        User.objects.filter(pk=self.owner.pk).update(role=Role.ADMIN)

        self.assertEqual(joined(self.client, path).status_code, 404)
        self.assertEqual(TeamInvitation.objects.get(pk=row.pk).status, "pending")

    def test_it_leads_nowhere_in_another_tenant(self) -> None:
        path, other = sent(), TenantClient(OTHER)

        self.assertEqual(joined(other, path).status_code, 404)
        self.client.get(path)
        other.cookies = self.client.cookies
        self.assertEqual(other.post("/join/", FORM).status_code, 404)
        with self.in_tenant(OTHER):
            self.assertFalse(User.objects.filter(email="eve@alpha.example").exists())

    def test_a_mail_server_that_is_away_is_tried_again_with_another_secret(self) -> None:
        row = AccountMail.objects.get()
        with mock.patch("django.core.mail.EmailMessage.send", side_effect=OSError):
            outbox.send(mail_id=row.pk)
        row.refresh_from_db()
        self.assertEqual((row.status, row.error), ("owed", "OSError"))

        self.assertEqual(joined(self.client, sent()).status_code, 302)

    def test_who_is_in_the_team_or_invited_cannot_be_invited_again(self) -> None:
        for email in ("owner@alpha.example", "EVE@alpha.example"):
            with self.assertRaises(invitations.AlreadyInvited):
                invitations.invite(email=email, name="x", role=Role.RECRUITER, by=self.owner)

        self.assertEqual(TeamInvitation.objects.count(), 1)

    def test_an_owner_who_was_made_without_a_password_sets_one_by_the_mail(self) -> None:
        made = User.objects.create_user("first@alpha.example", None, name="", role=Role.OWNER)
        invitations.invite(email=made.email, name="First", role=Role.OWNER)

        joined(self.client, sent(), name="First Owner")

        made.refresh_from_db()
        self.assertEqual((made.name, made.has_usable_password()), ("First Owner", True))

    def test_an_admin_makes_no_owner(self) -> None:
        admin = person("admin@alpha.example", role=Role.ADMIN)
        with self.assertRaises(invitations.OwnersOnly):
            invitations.invite(email="x@alpha.example", name="x", role=Role.OWNER, by=admin)


class TeamPageTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = person("owner@alpha.example", role=Role.OWNER)
        self.ada = person()
        self.client = signed_in(self.owner)

    def act(self, client: Client, what: str, **data: Any) -> int:
        return int(client.post(f"/team/{self.ada.pk}/{what}/", data).status_code)

    def state(self) -> tuple[str, bool]:
        self.ada.refresh_from_db()
        return self.ada.role, self.ada.is_active

    def test_the_list_says_who_is_in_and_who_is_invited_in_few_queries(self) -> None:
        invitations.invite(email="eve@alpha.example", name="Eve", role=Role.REVIEWER, by=self.owner)
        for number in range(5):
            person(f"p{number}@alpha.example")

        response = self.client.get("/team/")

        for words in ("ada@alpha.example", "eve@alpha.example", "Set up at the next sign-in", "Send again", "never"):
            self.assertContains(response, words)

    def test_an_owner_changes_a_role_disables_enables_and_ends_sessions(self) -> None:
        browser = TenantClient()
        sign_in(browser)
        self.act(self.client, "role", role="reviewer")
        self.assertEqual(self.state(), ("reviewer", True))
        self.act(self.client, "end-sessions")
        self.assertFalse(is_in(browser))
        sign_in(browser)
        self.act(self.client, "disable")
        self.assertEqual(self.state(), ("reviewer", False))
        self.assertFalse(is_in(browser))
        self.act(self.client, "enable")

        self.assertEqual(self.state(), ("reviewer", True))
        self.assertFalse(is_in(browser))

    def test_a_recruiter_a_stranger_and_another_tenants_owner_change_nothing(self) -> None:
        with self.in_tenant(OTHER):
            foreign = signed_in(person("owner@alpha.example", role=Role.OWNER), OTHER)
        for client, statuses in ((signed_in(self.ada), {403}), (TenantClient(), {302}), (foreign, {404})):
            for what in ("role", "disable", "end-sessions", "reset-second-factor"):
                self.assertIn(self.act(client, what, role="reviewer"), statuses)
        self.assertEqual(signed_in(self.ada).get("/team/").status_code, 403)

        self.assertEqual(self.state(), ("recruiter", True))

    def test_an_admin_touches_no_owner_and_makes_none(self) -> None:
        admin = signed_in(person("admin@alpha.example", role=Role.ADMIN))
        self.act(admin, "role", role="owner")
        self.assertEqual(self.state(), ("recruiter", True))
        User.objects.filter(pk=self.ada.pk).update(role=Role.OWNER)
        for what in ("role", "disable", "end-sessions", "reset-second-factor"):
            self.act(admin, what, role="recruiter")

        self.assertEqual(self.state(), ("owner", True))

    def test_nobody_disables_themselves_and_the_last_owner_stays(self) -> None:
        for what in ("disable", "role"):
            self.client.post(f"/team/{self.owner.pk}/{what}/", {"role": "recruiter"})

        self.owner.refresh_from_db()
        self.assertEqual((self.owner.role, self.owner.is_active), ("owner", True))

    def test_the_form_says_what_each_role_that_may_be_given_may_do(self) -> None:
        page = self.client.get("/team/invite/")

        given = [str(words) for _, words in page.context["form"].in_short]
        self.assertEqual(given, [str(IN_SHORT[role]) for role in Role])
        self.assertContains(page, "Rates the interviews that were assigned, one by one, and decides on none.")
        admin = signed_in(person("adam@alpha.example", role=Role.ADMIN))
        self.assertNotContains(admin.get("/team/invite/"), str(IN_SHORT[Role.OWNER]))

    def test_inviting_on_the_page_owes_a_mail_and_says_what_is_wrong(self) -> None:
        form = {"email": "eve@alpha.example", "name": "Eve", "role": "reviewer"}
        self.assertRedirects(self.client.post("/team/invite/", form), "/team/", fetch_redirect_response=False)

        self.assertContains(self.client.post("/team/invite/", form), "was invited already", status_code=400)
        self.assertEqual(self.client.post("/team/invite/", form | {"role": "king"}).status_code, 400)
        self.assertEqual(AccountMail.objects.filter(kind="invitation").count(), 1)
