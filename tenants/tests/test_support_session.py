"""A session of support: whose it is, what it may, how it ends, and that nothing of it is a person of the tenant."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Session, User
from accounts.roles import Role
from accounts.tests.people import person, signed_in
from core import tenancy
from core.testing import OTHER, TenantClient, TenantTestCase
from tenants.models import SupportGrant, Tenant
from tenants.services import support
from tenants.services.support_sessions import NobodysRow, viewer
from tenants.tests.supported import REASON, SETTINGS, age, asked, entered, path_of, staff, trail

COOKIE = "__Host-staff"


class SessionCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = staff()
        self.grant = asked(self.root)

    def writer(self) -> TenantClient:
        """Inside with a grant to change settings."""
        grant = asked(self.root, scope="write")
        support.approve(grant_id=grant.pk, by=person("owner@alpha.example", role=Role.OWNER))
        return entered(grant, self.root)


class InsideTests(SessionCase):
    def test_the_pages_open_with_a_banner_and_everything_is_recorded_as_support(self) -> None:
        people_before = User.objects.count()
        client = entered(self.grant, self.root)

        page = client.get("/candidates/")

        self.assertContains(page, 'id="support-banner"')
        self.assertContains(page, "you may look and change nothing")
        self.assertEqual(User.objects.count(), people_before)
        found = [row[:3] for row in trail(actor_type="support")]
        wanted = [
            (action, "support", self.root.pk) for action in ("support.entered", "support.opened", "candidates.listed")
        ]
        self.assertEqual(found, wanted)

    def test_the_session_names_no_person_and_its_cookie_is_nothing_elsewhere(self) -> None:
        client = entered(self.grant, self.root)

        self.assertEqual(Session.objects.get().user_id, None)
        for host in (OTHER, "admin"):
            other = TenantClient(host)
            other.cookies[COOKIE] = client.cookies[COOKIE].value
            self.assertEqual(other.get("/").status_code, 302)

    def test_who_was_signed_in_before_is_signed_out(self) -> None:
        client = signed_in(person(role=Role.OWNER))
        before = client.cookies[COOKIE].value

        client.post(path_of(self.grant, self.root))

        self.assertNotEqual(client.cookies[COOKIE].value, before)
        self.assertEqual(client.get(SETTINGS).status_code, 403)

    def test_the_viewer_is_never_stored(self) -> None:
        for act in (viewer(self.grant).save, viewer(self.grant).delete):
            with self.assertRaises(NobodysRow):
                act()
        self.assertEqual(viewer(self.grant).pk, self.grant.pk)
        self.assertFalse(viewer(self.grant).is_superuser)

    def test_a_colleague_s_pages_show_no_banner(self) -> None:
        self.assertNotContains(signed_in(person()).get("/jobs/"), "support-banner")


class RefusedTests(SessionCase):
    def test_a_grant_to_look_sends_nothing_anywhere(self) -> None:
        client = entered(self.grant, self.root)
        Tenant.objects.update(support_needs_approval=False)
        before = len(trail())
        for path in (SETTINGS, reverse("support_revoke", args=[self.grant.pk]), "/sign-in/", "/api/v1/anything"):
            for method in ("post", "put", "patch", "delete"):
                status = getattr(client, method)(path, {"needs_approval": "on"}).status_code
                self.assertIn(status, (403, 404), f"{method} {path}")

        self.grant.refresh_from_db()
        self.assertEqual((self.grant.status, len(trail())), ("open", before))
        self.assertFalse(Tenant.objects.filter(support_needs_approval=True).exists())
        self.assertContains(client.post(SETTINGS), "It was given to look.", status_code=403)

    def test_a_grant_to_write_allows_and_decides_nothing_about_support(self) -> None:
        client = self.writer()

        for path in (SETTINGS, reverse("support_revoke", args=[self.grant.pk])):
            self.assertEqual(client.post(path, {"needs_approval": "on"}).status_code, 403)
        self.assertEqual(client.get(SETTINGS).status_code, 403)
        self.assertFalse(Tenant.objects.filter(support_needs_approval=True).exists())
        self.assertContains(client.get("/jobs/"), "you may look and change settings")


class EndTests(SessionCase):
    def test_revoked_expired_or_ended_it_is_out_at_the_next_click(self) -> None:
        owner = person(role=Role.OWNER)
        ends = (
            lambda grant: support.revoke(grant_id=grant.pk, by=owner),
            lambda grant: age(grant, ends_at=timedelta(seconds=1)),
            lambda grant: SupportGrant.objects.filter(pk=grant.pk).update(status="ended"),
            lambda grant: SupportGrant.objects.filter(pk=grant.pk).update(tenant=Tenant.objects.get(schema_name=OTHER)),
        )
        for end in ends:
            grant = asked(self.root)
            client = entered(grant, self.root)
            self.assertEqual(client.get("/jobs/").status_code, 200)

            end(grant)

            seen = len(trail(actor_type="support"))
            out = client.get("/candidates/")
            self.assertRedirects(out, "/sign-in/?next=/candidates/&support=over", fetch_redirect_response=False)
            self.assertContains(client.get(out["Location"]), "This support access has ended")
            self.assertEqual((Session.objects.count(), len(trail(actor_type="support"))), (0, seen))

    def test_who_had_no_support_access_is_not_told_that_one_ended(self) -> None:
        out = TenantClient().get("/candidates/")

        self.assertEqual(out["Location"], "/sign-in/?next=/candidates/")
        self.assertNotContains(TenantClient().get(out["Location"]), "support access")

    def test_whose_account_was_switched_off_is_out(self) -> None:
        client = entered(self.grant, self.root)
        with tenancy.enter_platform():
            User.objects.filter(pk=self.root.pk).update(is_active=False)

        self.assertEqual(client.get("/jobs/").status_code, 302)

    def test_leaving_ends_the_grant_too(self) -> None:
        client = entered(self.grant, self.root)

        self.assertEqual(client.post("/support/leave/").status_code, 200)

        self.grant.refresh_from_db()
        self.assertEqual((self.grant.status, client.get("/jobs/").status_code), ("ended", 302))
        self.assertEqual(trail(action="support.ended"), [("support.ended", "support", self.root.pk, {})])

    def test_signing_out_ends_the_session(self) -> None:
        client = entered(self.grant, self.root)

        self.assertEqual(client.post("/sign-out/").status_code, 302)
        self.assertEqual(client.get("/jobs/").status_code, 302)

    def test_who_has_no_support_session_leaves_nothing(self) -> None:
        for client in (TenantClient(), signed_in(person(role=Role.OWNER))):
            self.assertEqual(client.post("/support/leave/").status_code, 404)
        self.grant.refresh_from_db()
        self.assertEqual(self.grant.status, "open")


class TenantSideTests(SessionCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = person("olga@alpha.example", role=Role.OWNER, name="Olga")
        self.browser = signed_in(self.owner)

    def test_the_owner_reads_who_why_and_what_was_opened(self) -> None:
        entered(self.grant, self.root).get("/candidates/")
        signed_in(person()).get("/candidates/")

        listed = self.browser.get(SETTINGS)
        shown = self.browser.get(reverse("support_grant", args=[self.grant.pk]))

        for words in (REASON, "root@candor.example"):
            self.assertContains(listed, words)
            self.assertContains(shown, words)
        acts = [act.action for act in shown.context["grant"]["acts"]]
        self.assertEqual(acts, ["candidates.listed", "support.opened", "support.entered"])
        for said in ("Opened the list of candidates", "Opened: Candidates", "Support came in"):
            self.assertContains(shown, said)

    def test_the_owner_ends_it_at_once(self) -> None:
        client = entered(self.grant, self.root)

        response = self.browser.post(reverse("support_revoke", args=[self.grant.pk]))

        self.assertRedirects(response, SETTINGS, status_code=303)
        self.assertEqual(client.get("/jobs/").status_code, 302)
        self.assertEqual(trail(action="support.revoked"), [("support.revoked", "user", self.owner.pk, {})])

    def test_the_owner_approves_and_a_second_click_is_told_so(self) -> None:
        grant = asked(self.root, scope="write")
        for words in ("Approved. It ends by itself.", "This access is over, or somebody decided already."):
            response = self.browser.post(reverse("support_approve", args=[grant.pk]), follow=True)
            self.assertContains(response, words)

        grant.refresh_from_db()
        self.assertEqual(grant.status, "open")

    def test_the_choice_to_be_asked_counts_for_the_next_grant(self) -> None:
        self.browser.post(SETTINGS, {"needs_approval": "on"})

        self.assertEqual(asked(self.root).status, "requested")
        wanted = [("support.approval_chosen", "user", self.owner.pk, {"needed": True})]
        self.assertEqual(trail(action="support.approval_chosen"), wanted)

    def test_strangers_and_other_tenants_see_and_end_nothing(self) -> None:
        with self.in_tenant(OTHER):
            foreign = signed_in(person("olga@beta.example", role=Role.OWNER), OTHER)
        for client, refusal in ((TenantClient(), 302), (signed_in(person()), 403), (foreign, 404)):
            for name in ("approve", "refuse", "revoke"):
                path = reverse(f"support_{name}", args=[self.grant.pk])
                self.assertEqual(client.post(path).status_code, refusal)
            self.assertEqual(client.get(reverse("support_grant", args=[self.grant.pk])).status_code, refusal)
        self.assertNotContains(foreign.get(SETTINGS), REASON)
        self.grant.refresh_from_db()
        self.assertEqual(self.grant.status, "open")

    def test_the_list_asks_no_more_for_more_grants(self) -> None:
        self.browser.get(SETTINGS)
        with CaptureQueriesContext(connection) as few:
            self.browser.get(SETTINGS)
        for number in range(3):
            asked(staff(f"p{number}@candor.example"))
        with CaptureQueriesContext(connection) as many:
            self.browser.get(SETTINGS)

        self.assertEqual(len(many), len(few))
