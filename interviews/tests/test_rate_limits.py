"""What strangers can do often: above the rate it is a 429 that says when to come back, and nothing is stored."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from core import ratelimit, tenancy
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Candidate, CandidateRequest, Turn
from interviews.tests import make

ADDRESS = "127.0.0.1"


def use_up(scope: str, who: str, rate: str) -> None:
    """Act as often as the rate allows."""
    try:
        for _ in range(1000):
            ratelimit.hit(scope, who, rate)
    except ratelimit.TooMany:
        return
    raise AssertionError(f"{scope} has no limit")


class RateLimitTests(TenantTestCase):
    def assert_limited(self, send: Callable[[], Any]) -> Any:
        with make.writes() as written:
            response = send()

        self.assertEqual((response.status_code, written.tables), (429, {}))
        self.assertGreaterEqual(int(response["Retry-After"]), 1)
        return response

    def test_links(self) -> None:
        token = make.invited().token
        use_up("link", ADDRESS, "60/minute")

        response = self.assert_limited(lambda: self.client.get(f"/i/{token}"))

        self.assertFalse(response.cookies)
        self.assertEqual(self.client.get(f"/i/{token}", REMOTE_ADDR="203.0.113.9").status_code, 303)

    def test_sixty_links_a_minute_and_no_more(self) -> None:
        codes = {self.client.get("/i/guess").status_code for _ in range(60)}

        self.assertEqual(codes, {404})
        self.assert_limited(lambda: self.client.get("/i/guess"))

    def test_answers_by_form_and_by_api(self) -> None:
        one = make.invited()
        interview = make.started(one)
        turn, client = make.open_turn(interview), make.browser(one.invitation)
        client.post(reverse("candidate_home", args=[interview.pk]))
        use_up("answer", str(interview.pk), "60/minute")

        form = {"answer": "Quick.", "idempotency_key": turn.pk}
        self.assert_limited(lambda: client.post(reverse("candidate_answer", args=[interview.pk]), form))
        response = self.assert_limited(
            lambda: TenantClient().post(
                reverse("api_turns", args=[interview.pk]),
                {"answer": "Quick."},
                "application/json",
                headers={"Authorization": f"Interview {one.token}", "Idempotency-Key": str(turn.pk)},
            )
        )

        self.assertEqual(response["Content-Type"], "application/problem+json")
        self.assertEqual(response.json()["type"], "urn:candor:problem:too_many_requests")
        self.assertEqual(Turn.objects.get().answer, None)

    def test_another_candidate_answers_on(self) -> None:
        interview, other = make.started(), make.invited("joan@example.org")
        turn = make.open_turn(make.started(other))
        use_up("answer", str(interview.pk), "60/minute")

        form = {"answer": "Quick.", "idempotency_key": turn.pk}
        response = make.browser(other.invitation).post(reverse("candidate_answer", args=[turn.interview_id]), form)

        self.assertEqual(response.status_code, 303)

    def test_drafts_retries_and_adjustments(self) -> None:
        one = make.invited()
        interview = make.started(one)
        client = make.browser(one.invitation)
        client.post(reverse("candidate_home", args=[interview.pk]))
        limits: tuple[tuple[str, str, dict[str, str]], ...] = (
            ("draft", "120/minute", {}),
            ("retry", "20/minute", {}),
            ("adjustment", "5/hour", {"adjustments": "breaks"}),
        )
        for scope, rate, data in limits:
            use_up(scope, str(interview.pk), rate)
            url = reverse(f"candidate_{scope}", args=[interview.pk])
            self.assert_limited(lambda url=url, data=data: client.post(url, data))  # type: ignore[misc]

        self.assertEqual(CandidateRequest.objects.count(), 0)

    def test_thirty_downloads_of_a_file_an_hour_and_no_more(self) -> None:
        mine, theirs = make.invited(), make.invited("joan@example.org")
        interview, other = make.submitted(mine), make.submitted(theirs)
        client = make.browser(mine.invitation)
        receipt, answers = (reverse(f"candidate_{name}", args=[interview.pk]) for name in ("receipt", "answers"))
        codes = [client.get(receipt).status_code for _ in range(30)]

        response = self.assert_limited(lambda: client.get(receipt))

        self.assertEqual((set(codes), make.actions("receipt.")), ({200}, ["receipt.downloaded"] * 30))
        self.assertContains(response, "Try again in 120 seconds.", status_code=429)
        self.assertNotIn("Content-Disposition", response)
        self.assertEqual(client.get(answers).status_code, 200)
        self.assertEqual(
            make.browser(theirs.invitation).get(reverse("candidate_receipt", args=[other.pk])).status_code, 200
        )

    def test_sign_in(self) -> None:
        person = make.staff()
        form = {"username": person.email, "password": make.PASSWORD}
        use_up("sign-in", ADDRESS, "30/minute")

        response = self.assert_limited(lambda: self.client.post("/sign-in/", form))

        self.assertFalse(response.cookies.get("__Host-staff"))
        self.assertEqual(self.client.post("/sign-in/", form, REMOTE_ADDR="203.0.113.9").status_code, 302)

    def test_wrong_passwords_lock_this_person_at_this_address_in_this_tenant(self) -> None:
        person = make.staff()
        right, wrong = ({"username": person.email, "password": word} for word in (make.PASSWORD, "wrong-password"))
        codes = [self.client.post("/sign-in/", wrong).status_code for _ in range(8)]

        self.assertEqual(set(codes[:7]), {200})
        locked = self.client.post("/sign-in/", right)
        self.assertEqual((locked.status_code, locked["Retry-After"]), (429, "900"))
        self.assertEqual(self.client.post("/sign-in/", right, REMOTE_ADDR="203.0.113.9").status_code, 302)
        with self.in_tenant(OTHER):
            make.staff()
        self.assertEqual(TenantClient(OTHER).post("/sign-in/", right).status_code, 302)

    def test_invitations(self) -> None:
        person, url = make.staff(), reverse("portal_invite", args=[make.job().pk])
        client = make.signed_in(person)
        use_up("invite", str(person.pk), "60/minute")

        form = {"name": "Ada", "email": "ada@example.org", "days_valid": "7"}
        self.assert_limited(lambda: client.post(url, form))

        self.assertEqual(Candidate.objects.count(), 0)

    def test_one_tenants_use_is_no_other_tenants_limit(self) -> None:
        use_up("link", ADDRESS, "60/minute")
        with self.in_tenant(OTHER):
            token = make.invited().token

        self.assertEqual(TenantClient(OTHER).get(f"/i/{token}").status_code, 303)
        tenancy.use(tenancy.by_schema("alpha"))
