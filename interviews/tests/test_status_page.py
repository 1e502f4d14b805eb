"""After the end: the status page, the receipt to take away, and what can be asked for."""

import hashlib
import json
from typing import Any

from django.urls import reverse

from core import tenancy
from core.testing import TenantTestCase
from interviews.models import CandidateRequest, Interview
from interviews.services import questions, requests, submission
from interviews.services.invitations import Invited
from interviews.tests import make


class StatusCase(TenantTestCase):
    invited: Invited
    interview: Interview

    @classmethod
    def setUpTestData(cls) -> None:
        cls.invited = make.invited()
        cls.interview = make.submitted(cls.invited)

    def setUp(self) -> None:
        super().setUp()
        self.client = make.browser(self.invited.invitation)
        self.client.post(self.address("home"))

    def address(self, name: str, *more: str) -> str:
        return reverse(f"candidate_{name}", args=[self.interview.pk, *more])

    def page(self) -> Any:
        return self.client.get(self.address("home"))

    def stored(self) -> Interview:
        return Interview.objects.get(pk=self.interview.pk)

    def assert_strangers_post_nothing(self, address: str, data: dict[str, str]) -> None:
        strangers = make.strangers(self.invited.invitation)
        with make.writes() as written:
            codes = [stranger.post(address, data).status_code for stranger in strangers]
        self.assertEqual((codes, written.tables), ([404] * 3, {}))


class StatusTests(StatusCase):
    def test_the_old_link_leads_here(self) -> None:
        response = self.client.get(f"/i/{self.invited.token}", follow=True)

        self.assertContains(response, "Where it stands")

    def test_it_says_that_a_person_reviewed_and_decided_and_never_what(self) -> None:
        self.assertContains(self.page(), "still to come", count=3)
        person = make.staff()

        make.reviewed(self.interview, person)
        make.decided(self.interview, person, "reject", reason="Not deep enough.")

        page = self.page()
        self.assertContains(page, "A named person has decided.")
        for word in ("reject", "Reject", "deep enough", "requirement", "Level", "level"):
            self.assertNotContains(page, word)

    def test_reading_it_writes_nothing_and_strangers_do_not_see_it(self) -> None:
        strangers = make.strangers(self.invited.invitation)
        with make.writes() as written:
            self.page()
            codes = [one.get(self.address("home")).status_code for one in strangers]

        self.assertEqual((written.tables, codes), ({}, [404] * 3))


class ReceiptFileTests(StatusCase):
    def test_who_has_the_file_computes_the_fingerprint_again(self) -> None:
        file = self.client.get(self.address("receipt"))

        content = json.loads(file.content)
        text = json.dumps(content["submitted"], ensure_ascii=False, separators=(",", ":"))
        self.assertEqual(file["Content-Disposition"], 'attachment; filename="receipt.json"')
        self.assertEqual(hashlib.sha256(text.encode()).hexdigest(), content["fingerprint"])
        self.assertEqual(content["fingerprint"], self.stored().receipt_hash)
        self.assertEqual([row[2] for row in content["submitted"][1]], list(make.ANSWERS))
        self.assertEqual(make.actions("receipt."), ["receipt.downloaded"])

    def test_a_skipped_question_is_in_it_as_null(self) -> None:
        one = make.invited("joan@example.org")
        interview = make.started(one)
        questions.skip(interview=interview, turn_id=make.open_turn(interview).pk)
        make.replied(interview, 'Zeilen\nund "Zeichen": é 😀 \\')
        submission.submit(interview, closing="")

        content = json.loads(
            make.browser(one.invitation).get(reverse("candidate_receipt", args=[interview.pk])).content
        )

        text = json.dumps(content["submitted"], ensure_ascii=False, separators=(",", ":"))
        self.assertEqual([row[2] for row in content["submitted"][1]][:2], [None, 'Zeilen\nund "Zeichen": é 😀 \\'])
        self.assertEqual(hashlib.sha256(text.encode()).hexdigest(), content["fingerprint"])

    def test_the_answers_are_a_text_file(self) -> None:
        file = self.client.get(self.address("answers"))

        for text in make.ANSWERS:
            self.assertIn(text, file.content.decode())
        self.assertEqual(
            (file["Content-Type"], make.actions("answers.")), ("text/plain; charset=utf-8", ["answers.downloaded"])
        )

    def test_strangers_download_nothing(self) -> None:
        strangers = make.strangers(self.invited.invitation)
        with make.writes() as written:
            codes = [one.get(self.address(name)).status_code for one in strangers for name in ("receipt", "answers")]

        self.assertEqual((codes, written.tables), ([404] * 6, {}))


class RateTests(StatusCase):
    def test_it_is_kept_and_can_be_changed(self) -> None:
        for stars in (2, 5):
            response = self.client.post(self.address("rate"), {"stars": stars}, follow=True)
            self.assertContains(response, f"You rated it {stars} of 5.")

        self.assertEqual((self.stored().stars, make.actions("interview.rated")), (5, ["interview.rated"] * 2))

    def test_anything_but_1_to_5_is_refused(self) -> None:
        for stars in ("", "0", "6", "4.5", "x"):
            with make.writes() as written:
                response = self.client.post(self.address("rate"), {"stars": stars})
            self.assertEqual((response.status_code, written.tables), (400, {}), stars)

    def test_strangers_rate_nothing(self) -> None:
        self.assert_strangers_post_nothing(self.address("rate"), {"stars": "1"})


class AskTests(StatusCase):
    def test_each_request_reaches_the_people_who_handle_it(self) -> None:
        make.staff("recruiter")
        for kind in ("review", "erasure"):
            response = self.client.post(self.address("ask", kind), {"words": "Please."})
            self.assertEqual((response.status_code, response["Location"]), (303, self.address("ask", kind) + "?sent"))
            with make.writes() as written:
                again = [self.client.get(response["Location"]) for _ in range(2)][1]
            self.assertEqual(written.tables, {})
            self.assertContains(again, "Your request has been sent")

        asked = {row.kind: row.detail for row in CandidateRequest.objects.all()}
        self.assertEqual(asked, {"review": "Please.", "erasure": "Please."})
        self.assertEqual(self.stored().status, "completed")

    def test_the_sixth_within_the_hour_is_refused(self) -> None:
        codes = [self.client.post(self.address("ask", "review"), {"words": ""}).status_code for _ in range(6)]

        self.assertEqual((codes, CandidateRequest.objects.count()), ([303] * 5 + [429], 5))

    def test_what_can_not_be_asked_for_is_not_there(self) -> None:
        self.assertEqual(self.client.post(self.address("ask", "promotion"), {}).status_code, 404)
        self.assertEqual(self.client.post(self.address("ask", "contest"), {"words": "No."}).status_code, 404)
        self.assertEqual(CandidateRequest.objects.count(), 0)

    def test_strangers_ask_for_nothing(self) -> None:
        self.assert_strangers_post_nothing(self.address("ask", "erasure"), {"words": "Mine."})


class WithdrawTests(StatusCase):
    def test_it_asks_first_then_ends_everything_that_was_owed(self) -> None:
        self.assertContains(self.client.get(self.address("withdraw")), "Withdraw from the interview?")
        self.assertEqual(self.stored().status, "completed")

        response = self.client.post(self.address("withdraw"), follow=True)

        self.assertContains(response, "You have withdrawn from this interview")
        self.assertEqual((self.stored().status, make.owed("evaluation")), ("withdrawn", []))
        self.assertEqual(make.actions("interview.withdrawn"), ["interview.withdrawn"])

    def test_the_receipt_and_the_address_to_write_to_stay(self) -> None:
        receipt = self.client.get(self.address("receipt")).content
        self.client.post(self.address("withdraw"))

        page = self.page()
        self.assertContains(page, self.stored().receipt_hash)
        self.assertContains(page, "#hourglass")
        self.assertContains(page, f'href="mailto:{tenancy.current().contact_email}"')
        self.assertEqual(self.client.get(self.address("receipt")).content, receipt)

    def test_one_that_was_never_submitted_has_no_receipt(self) -> None:
        one = make.invited("joan@example.org")
        interview, client = make.started(one), make.browser(one.invitation)
        client.post(reverse("candidate_withdraw", args=[interview.pk]))

        home, receipt = (reverse(f"candidate_{name}", args=[interview.pk]) for name in ("home", "receipt"))
        self.assertNotContains(client.get(home), receipt)
        self.assertRedirects(client.get(receipt), home, status_code=303)

    def test_how_the_interview_was_to_be_leaves_the_list_and_whatever_else_was_asked_for_stays(self) -> None:
        recruiter = make.signed_in(make.staff("recruiter"))
        requests.ask(self.stored(), kind=CandidateRequest.Kind.ADJUSTMENT, detail="words of adjustment")
        for kind in ("review", "talk", "erasure"):
            self.client.post(self.address("ask", kind), {"words": f"words of {kind}"})
        self.assertContains(recruiter.get("/"), "words of", count=4)

        self.client.post(self.address("withdraw"))

        self.assertNotContains(recruiter.get("/"), "words of adjustment")
        self.assertContains(recruiter.get("/"), "words of", count=3)

        self.client.post(self.address("ask", "talk"), {"words": "words after it"})
        self.assertContains(recruiter.get("/"), "words after it")

    def test_the_address_alone_does_not_say_that_something_was_asked_for(self) -> None:
        said = "Your request has been sent"
        self.assertNotContains(self.client.get(self.address("ask", "talk") + "?sent"), said)

        self.client.post(self.address("ask", "talk"), {"words": "please"})

        self.assertContains(self.client.get(self.address("ask", "talk") + "?sent"), said)
        self.assertNotContains(self.client.get(self.address("ask", "review") + "?sent"), said)

    def test_a_running_one_leaves_nothing_owed_and_gives_its_place_back(self) -> None:
        one = make.invited("joan@example.org")
        interview = make.started(one)

        make.browser(one.invitation).post(reverse("candidate_withdraw", args=[interview.pk]))

        for kind in ("turn", "interview_deadline", "quota_release", "interview_expiry"):
            self.assertEqual(make.owed(kind), [], kind)

    def test_strangers_withdraw_nothing(self) -> None:
        self.assert_strangers_post_nothing(self.address("withdraw"), {})

        self.assertEqual(self.stored().status, "completed")
