import re
from typing import Any

from django.conf import settings

from accounts.backends import SchemaBackend
from accounts.models import User
from accounts.tests.people import PASSWORD, SIGN_IN, WRONG, is_in, person, sign_in
from core.testing import OTHER, TenantClient, TenantTestCase


def said(response: Any) -> str:
    """The page without what differs from one request to the next."""
    page = re.sub(r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())
    return re.sub(r'value="[^"]*@[^"]*"', "", page)


class SignInTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.person = person()

    def test_the_right_address_and_password_open_the_portal(self) -> None:
        response = sign_in(self.client)

        self.assertRedirects(response, "/", fetch_redirect_response=False)
        self.assertTrue(is_in(self.client))
        self.person.refresh_from_db()
        self.assertIsNotNone(self.person.last_login)

    def test_the_address_may_be_typed_in_capitals_and_with_spaces(self) -> None:
        sign_in(self.client, "  ADA@Alpha.Example ")

        self.assertTrue(is_in(self.client))

    def test_a_wrong_password_and_an_unknown_address_are_told_the_same(self) -> None:
        wrong, unknown = sign_in(self.client, password="not-it"), sign_in(self.client, "eve@alpha.example")

        self.assertContains(wrong, WRONG)
        self.assertEqual(said(wrong), said(unknown))
        self.assertFalse(is_in(self.client))

    def test_somebody_who_was_switched_off_is_told_the_same_too(self) -> None:
        User.objects.update(is_active=False)

        response = sign_in(self.client)

        self.assertEqual(said(response), said(sign_in(TenantClient(), "eve@alpha.example")))
        self.assertFalse(is_in(self.client))
        self.assertIsNone(SchemaBackend().authenticate(None, self.person.email, PASSWORD))

    def test_the_people_of_another_tenant_are_unknown_here(self) -> None:
        with self.in_tenant(OTHER):
            person("bob@beta.example")

        self.assertContains(sign_in(self.client, "bob@beta.example"), WRONG)
        self.assertEqual(sign_in(TenantClient(OTHER), "bob@beta.example").status_code, 302)

    def test_an_empty_password_never_signs_in_even_where_none_was_set(self) -> None:
        User.objects.create_user("new@alpha.example", None, name="New")

        for typed in ("", "None", "!"):
            self.assertEqual(sign_in(self.client, "new@alpha.example", typed).status_code, 200)

        self.assertFalse(is_in(self.client))

    def test_without_the_form_s_token_nothing_happens(self) -> None:
        client = TenantClient(enforce_csrf_checks=True)

        self.assertEqual(sign_in(client).status_code, 403)
        self.assertFalse(is_in(client))

    def test_it_leads_back_to_where_the_person_wanted_to_go_but_never_to_another_site(self) -> None:
        for wanted, led_to in (("/jobs/", "/jobs/"), ("https://evil.example/", "/"), ("//evil.example", "/")):
            response = sign_in(TenantClient(), QUERY_STRING=f"next={wanted}")

            self.assertRedirects(response, led_to, fetch_redirect_response=False)

    def test_a_session_begins_anew_so_that_nobody_can_prepare_it(self) -> None:
        session = self.client.session
        session["prepared"] = "yes"
        session.save()
        prepared = str(session.session_key)
        self.client.cookies[settings.SESSION_COOKIE_NAME] = prepared

        sign_in(self.client)

        self.assertNotEqual(self.client.cookies[settings.SESSION_COOKIE_NAME].value, prepared)

    def test_who_is_signed_in_already_is_led_on(self) -> None:
        sign_in(self.client)

        self.assertRedirects(self.client.get(SIGN_IN), "/", fetch_redirect_response=False)

    def test_signing_out_takes_a_form_and_ends_the_session(self) -> None:
        sign_in(self.client)
        cookie = self.client.cookies[settings.SESSION_COOKIE_NAME].value
        self.assertEqual(self.client.get("/sign-out/").status_code, 405)

        self.assertRedirects(self.client.post("/sign-out/"), SIGN_IN, fetch_redirect_response=False)

        self.client.cookies[settings.SESSION_COOKIE_NAME] = cookie
        self.assertFalse(is_in(self.client))

    def test_the_portal_sends_strangers_to_the_form(self) -> None:
        self.assertRedirects(self.client.get("/jobs/"), "/sign-in/?next=/jobs/", fetch_redirect_response=False)

    def test_more_than_thirty_tries_a_minute_from_one_address_have_to_wait(self) -> None:
        tries = [sign_in(self.client, f"eve{n}@alpha.example").status_code for n in range(30)]
        late = sign_in(self.client)

        self.assertEqual(set(tries), {200})
        self.assertEqual((late.status_code, late["Retry-After"]), (429, "2"))
        self.assertFalse(is_in(self.client))
        self.assertEqual(sign_in(self.client, REMOTE_ADDR="192.0.2.7").status_code, 302)

    def test_a_password_is_never_stored_as_it_was_typed(self) -> None:
        self.assertNotIn(PASSWORD, self.person.password)
