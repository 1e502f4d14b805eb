"""A session belongs to one person, one tenant, and ends when that person is switched off."""

from django.conf import settings
from django.contrib.sessions.models import Session

from accounts.models import User
from accounts.tests.people import is_in, person, platform_admin, sign_in, signed_in
from core import tenancy
from core.testing import OTHER, TenantClient, TenantTestCase

COOKIE = settings.SESSION_COOKIE_NAME


class SessionTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.person = person()
        sign_in(self.client)
        self.cookie = self.client.cookies[COOKIE].value

    def test_it_stands_in_its_own_tenant_s_schema_alone(self) -> None:
        counts = [Session.objects.filter(pk=self.cookie).count()]
        for enter in (lambda: tenancy.enter(OTHER), tenancy.enter_platform):
            with enter():
                counts.append(Session.objects.filter(pk=self.cookie).count())

        self.assertEqual(counts, [1, 0, 0])

    def test_its_cookie_is_nothing_on_another_tenant_even_to_a_person_with_the_same_id(self) -> None:
        with self.in_tenant(OTHER):
            twin = person()
            User.objects.filter(pk=twin.pk).delete()
            User.objects.bulk_create([User(id=self.person.pk, email=twin.email, name="Twin", role="owner")])
        stranger = TenantClient(OTHER)
        stranger.cookies[COOKIE] = self.cookie

        self.assertFalse(is_in(stranger))
        self.assertTrue(is_in(self.client))

    def test_a_made_up_cookie_is_no_session_and_reaches_no_table(self) -> None:
        for made_up in ('"\\000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"', "x" * 31, "X" * 32, "k' OR 1=1 --"):
            stranger = TenantClient()
            stranger.cookies.load(f"{COOKIE}={made_up}")
            with self.assertNumQueries(0):
                self.assertEqual(stranger.get("/sign-in/").status_code, 200, made_up)

    def test_its_cookie_is_nothing_on_the_admin_s_host(self) -> None:
        stranger = TenantClient("admin")
        stranger.cookies[COOKIE] = self.cookie

        self.assertEqual(stranger.get("/").status_code, 302)

    def test_an_admin_s_cookie_is_nothing_on_a_tenant(self) -> None:
        admin = platform_admin()
        with tenancy.enter_platform():
            cookie = signed_in(admin, "admin").cookies[COOKIE].value
        stranger = TenantClient()
        stranger.cookies[COOKIE] = cookie

        self.assertFalse(is_in(stranger))

    def test_somebody_who_is_switched_off_is_out_at_the_next_click(self) -> None:
        self.assertTrue(is_in(self.client))

        User.objects.update(is_active=False)

        self.assertRedirects(self.client.get("/"), "/sign-in/?next=/", fetch_redirect_response=False)

    def test_a_new_password_ends_the_sessions_that_the_old_one_opened(self) -> None:
        self.person.set_password("another-long-password")
        self.person.save()

        self.assertFalse(is_in(self.client))

    def test_a_made_up_cookie_is_nobody(self) -> None:
        for cookie in ("", "x" * 32, self.cookie[:-1], self.cookie + "x", "' OR 1=1 --"):
            stranger = TenantClient()
            stranger.cookies[COOKIE] = cookie

            self.assertFalse(is_in(stranger))

    def test_it_ends_after_twelve_hours_at_the_latest(self) -> None:
        self.assertEqual(self.client.cookies[COOKIE]["max-age"], 12 * 3600)
        Session.objects.update(expire_date="2020-01-01T00:00:00Z")

        self.assertFalse(is_in(self.client))
