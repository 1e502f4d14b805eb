"""A link's secret becomes a cookie at once, and nothing is written for it."""

import time
from uuid import uuid4

from django.conf import settings
from django.core import signing
from django.urls import reverse

from core.ids import uuid7
from core.testing import OTHER, TenantClient, TenantTestCase, logged
from interviews.models import Interview, Invitation
from interviews.services import links
from interviews.tests import make

NAME = settings.CANDIDATE_COOKIE_NAME


class OldSigner(signing.TimestampSigner):
    """Signs as the site did a little more than a cookie's life ago."""

    def timestamp(self) -> str:
        return signing.b62_encode(int(time.time()) - settings.CANDIDATE_COOKIE_AGE - 60)


def home(interview: Interview) -> str:
    return reverse("candidate_home", args=[interview.pk])


class ExchangeTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.invited = make.invited()
        self.interview = self.invited.interview

    def test_the_secret_leaves_the_address_for_a_cookie_and_nothing_is_written(self) -> None:
        self.client.get("/branding.css")  # the host's tenant is remembered from here on

        with make.writes() as written, self.assertNumQueries(2):
            response = self.client.get(f"/i/{self.invited.token}")

        self.assertRedirects(response, home(self.interview), status_code=303, fetch_redirect_response=False)
        self.assertEqual(written.tables, {})
        cookie = response.cookies[NAME]
        self.assertEqual(
            (
                cookie["secure"],
                cookie["httponly"],
                cookie["samesite"],
                cookie["path"],
                cookie["domain"],
                cookie["max-age"],
            ),
            (True, True, "Lax", "/", "", 30 * 24 * 3600),
        )
        self.assertNotIn(self.invited.token, cookie.value)
        self.assertEqual(response["Cache-Control"], "no-store")

    def test_a_scanner_may_open_it_often_and_the_candidate_still_stands_at_the_beginning(self) -> None:
        for _ in range(3):
            self.assertEqual(TenantClient().head(f"/i/{self.invited.token}").status_code, 303)
            self.assertEqual(TenantClient().get(f"/i/{self.invited.token}", follow=True).status_code, 200)

        self.interview.refresh_from_db()
        self.assertEqual((self.interview.status, self.interview.opened_at), ("invited", None))
        self.assertIsNone(Invitation.objects.get().used_at)

    def test_a_second_device_works_beside_the_first(self) -> None:
        phone, laptop = TenantClient(), TenantClient()
        for device in (phone, laptop):
            device.get(f"/i/{self.invited.token}")

        phone.post(home(self.interview))

        self.assertEqual(laptop.get(home(self.interview)).status_code, 200)
        self.assertEqual(laptop.get(reverse("candidate_consent", args=[self.interview.pk])).status_code, 200)

    def test_after_the_end_it_leads_to_the_status_page(self) -> None:
        make.submitted(self.invited)

        response = self.client.get(f"/i/{self.invited.token}", follow=True)

        self.assertContains(response, "Your interview has been submitted")

    def test_a_form_is_not_accepted_there(self) -> None:
        with make.writes() as written:
            self.assertEqual(self.client.post(f"/i/{self.invited.token}").status_code, 405)

        self.assertEqual(written.tables, {})

    def test_the_secret_stands_in_no_response_and_no_log_line(self) -> None:
        token = self.invited.token
        with logged() as lines:
            responses = [self.client.get(f"/i/{token}"), self.client.get(home(self.interview))]
            responses.append(self.client.post(home(self.interview), follow=True))
            responses.append(TenantClient().get(f"/i/{token}x"))
            responses.append(TenantClient(OTHER).get(f"/i/{token}"))
            url = reverse("api_turns", args=[self.interview.pk])
            responses.append(TenantClient().post(url, headers={"Authorization": f"Interview {token}"}))

        self.assertEqual([response.status_code for response in responses], [303, 200, 200, 404, 404, 400])
        for response in responses:
            self.assertNotIn(token, response.content.decode() + str(response.headers) + response.cookies.output())
        self.assertIn("candidate_link", lines.getvalue())
        self.assertNotIn(token, lines.getvalue())


class RefusedLinkTests(TenantTestCase):
    def assert_gone(self, token: str, client: TenantClient | None = None) -> None:
        with make.writes() as written:
            response = (client or self.client).get(f"/i/{token}")

        self.assertContains(response, "This link does not work any more", status_code=404)
        self.assertNotIn(NAME, response.cookies)
        self.assertEqual(written.tables, {})

    def test_a_wrong_secret_is_a_plain_404(self) -> None:
        token = make.invited().token
        for wrong in (
            "x",
            token[:-1],
            token + "x",
            token.swapcase(),
            "ä" * 40,
            "%00",
            "x" * 2000,
            links.hash_token(token),
        ):
            with self.subTest(wrong=wrong[:50]):
                self.assert_gone(wrong)

    def test_a_revoked_secret_is_a_plain_404(self) -> None:
        invited = make.invited()
        Invitation.objects.update(revoked_at="2026-01-01T00:00:00Z")

        self.assert_gone(invited.token)

    def test_a_secret_of_another_tenant_is_a_plain_404(self) -> None:
        with self.in_tenant(OTHER):
            theirs = make.invited()

        self.assert_gone(theirs.token)
        self.assertEqual(TenantClient(OTHER).get(f"/i/{theirs.token}").status_code, 303)


class CookieTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.invited = make.invited()
        self.interview = self.invited.interview

    def assert_stranger(self, cookie: str, interview: Interview | None = None) -> None:
        """Neither reading nor a form works, and nothing is written."""
        self.client.cookies[NAME] = cookie
        with make.writes() as written:
            for send in (self.client.get, self.client.post):
                self.assertEqual(send(home(interview or self.interview)).status_code, 404)

        self.assertEqual(written.tables, {})

    def test_no_cookie_and_a_forged_one_are_strangers(self) -> None:
        forged = signing.dumps(
            {str(self.interview.pk): str(self.invited.invitation.pk)}, key="x" * 50, salt="candidate:alpha"
        )
        mine = links.write_cookie(None, self.invited.invitation)
        for cookie in ("", "x", forged, mine[:-1], mine.replace(":", ";"), signing.dumps([1], salt="candidate:alpha")):
            with self.subTest(cookie=cookie[:40]):
                self.assert_stranger(cookie)

    def test_a_cookie_past_its_age_is_a_stranger(self) -> None:
        held = {str(self.interview.pk): str(self.invited.invitation.pk)}

        self.assert_stranger(OldSigner(salt="candidate:alpha").sign_object(held, compress=True))

    def test_the_cookie_of_another_tenant_with_the_same_ids_is_a_stranger(self) -> None:
        with self.in_tenant(OTHER):
            cookie = links.write_cookie(None, self.invited.invitation)

        self.assertEqual(links.read_cookie(cookie), {})
        self.assert_stranger(cookie)

    def test_the_cookie_of_another_candidate_is_a_stranger(self) -> None:
        other = make.invited("grace@example.org")

        self.assert_stranger(links.write_cookie(None, other.invitation))

    def test_a_signed_cookie_that_names_the_wrong_invitation_is_a_stranger(self) -> None:
        other = make.invited("grace@example.org")
        for invitation_id in (other.invitation.pk, uuid4(), uuid7()):
            crossed = {str(self.interview.pk): str(invitation_id)}
            self.assert_stranger(signing.dumps(crossed, salt="candidate:alpha", compress=True))

    def test_revoking_ends_what_browsers_hold_at_once(self) -> None:
        cookie = links.write_cookie(None, self.invited.invitation)
        Invitation.objects.update(revoked_at="2026-01-01T00:00:00Z")

        self.assert_stranger(cookie)

    def test_an_interview_that_does_not_exist_is_a_404(self) -> None:
        client = make.browser(self.invited.invitation)

        self.assertEqual(client.get(reverse("candidate_home", args=[uuid4()])).status_code, 404)

    def test_one_browser_holds_several_interviews_and_forgets_the_oldest_beyond_eight(self) -> None:
        invitations = [make.invited(f"c{number}@example.org").invitation for number in range(9)]

        held = links.read_cookie(make.cookie_of(make.browser(*invitations)))

        self.assertEqual(list(held), [str(one.interview_id) for one in invitations[1:]])
        self.assertLess(len(make.cookie_of(make.browser(*invitations))), 2048)
