"""A session belongs to one person, one tenant, and ends when that person is switched off."""

from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import sessions
from accounts.models import Session, User
from accounts.sessions import SessionStore
from accounts.tests.people import is_in, person, platform_admin, sign_in, signed_in
from core import clock, tenancy
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
            with CaptureQueriesContext(connection) as asked:
                self.assertEqual(stranger.get("/sign-in/").status_code, 200, made_up)
            self.assertNotIn("staff_session", str(asked.captured_queries))

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


class EndTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.person = person()
        sign_in(self.client, HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0")
        self.row = Session.objects.get(user_id=self.person.pk)

    def seen(self, **ago: float) -> None:
        Session.objects.update(seen_at=clock.now() - timedelta(**ago))

    def test_the_row_says_how_when_where_and_until_when(self) -> None:
        self.assertEqual((self.row.method, self.row.device), ("password", "Firefox, Linux"))
        assert self.row.ends_at is not None
        self.assertEqual(self.row.ends_at - self.row.started_at, timedelta(hours=12))

    def test_two_idle_hours_end_it(self) -> None:
        self.seen(minutes=119)
        self.assertTrue(is_in(self.client))
        self.seen(minutes=121)

        self.assertFalse(is_in(self.client))

    def test_twelve_hours_end_it_however_much_it_is_used(self) -> None:
        Session.objects.update(ends_at=clock.now() - timedelta(seconds=1))

        self.assertFalse(is_in(self.client))

    def test_saving_it_moves_neither_its_start_nor_its_end(self) -> None:
        store = SessionStore(self.row.session_key)
        store["anything"] = 1
        store.save()

        self.assertEqual(
            Session.objects.values_list("started_at", "ends_at").get(), (self.row.started_at, self.row.ends_at)
        )

    def test_being_seen_is_written_at_most_once_a_minute(self) -> None:
        self.seen(seconds=45)
        before = Session.objects.get().seen_at
        is_in(self.client)
        self.assertEqual(Session.objects.get().seen_at, before)
        self.seen(seconds=61)
        is_in(self.client)

        self.assertGreater(Session.objects.get().seen_at, clock.now() - timedelta(seconds=5))

    def test_the_platforms_staff_has_half_an_hour_and_eight_hours(self) -> None:
        self.assertEqual((sessions.idle(), sessions.longest()), (timedelta(hours=2), timedelta(hours=12)))
        with tenancy.enter_platform():
            self.assertEqual((sessions.idle(), sessions.longest()), (timedelta(minutes=30), timedelta(hours=8)))

    def test_the_account_lists_ones_own_sessions_without_their_keys_and_ends_one(self) -> None:
        other = TenantClient()
        sign_in(other, HTTP_USER_AGENT="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1")
        page = self.client.get("/account/")
        for words in ("Firefox, Linux", "Safari, iPhone", "this one"):
            self.assertContains(page, words)
        self.assertNotContains(page, self.row.session_key)
        name = Session.objects.exclude(pk=self.row.pk).get().name

        self.client.post(f"/account/sessions/{name}/end/")

        self.assertEqual((is_in(self.client), is_in(other)), (True, False))

    def test_a_colleague_a_stranger_and_another_tenants_person_end_nothing_of_it(self) -> None:
        with self.in_tenant(OTHER):
            foreign = signed_in(person("bob@beta.example"), OTHER)
        for client in (TenantClient(), foreign, signed_in(person("bea@alpha.example"))):
            client.post(f"/account/sessions/{self.row.name}/end/")
            client.post("/account/sessions/end-others/")

        self.assertTrue(is_in(self.client))

    def test_every_other_session_ends_at_once(self) -> None:
        others = [TenantClient() for _ in range(3)]
        for other in others:
            sign_in(other)

        self.client.post("/account/sessions/end-others/")

        self.assertEqual((is_in(self.client), [is_in(other) for other in others]), (True, [False] * 3))

    def row_of(self, user: User | None, **changes: object) -> str:
        """Another session of this person; its key."""
        key, now = uuid4().hex, clock.now()
        fields = {"user_id": user and user.pk, "expire_date": now + timedelta(hours=1), "seen_at": now}
        return str(Session.objects.create(session_key=key, **(fields | changes)).pk)

    def test_signing_in_drops_what_is_over_of_that_person_and_of_nobody(self) -> None:
        now, colleague = clock.now(), person("bea@alpha.example")
        self.row_of(self.person, expire_date=now)
        self.row_of(self.person, ends_at=now)
        self.row_of(self.person, seen_at=now - timedelta(hours=2))
        self.row_of(None, expire_date=now)
        left = {
            self.row.pk,
            self.row_of(self.person),
            self.row_of(None, seen_at=now - timedelta(hours=2)),
            self.row_of(colleague, expire_date=now),
        }
        with self.in_tenant(OTHER):
            theirs = self.row_of(None, expire_date=now)

        sign_in(TenantClient())

        new = Session.objects.get(user_id=self.person.pk, started_at__gt=now, method="password")
        self.assertEqual(set(Session.objects.values_list("pk", flat=True)), left | {new.pk})
        with self.in_tenant(OTHER):
            self.assertTrue(Session.objects.filter(pk=theirs).exists())
