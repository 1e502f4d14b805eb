"""Half-typed answers: kept, never in the way of an answer."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from interviews.models import Turn
from interviews.models.turns import LONGEST_ANSWER
from interviews.tests import make
from interviews.tests.cases import AnswerCase


class DraftCase(AnswerCase):
    def setUp(self) -> None:
        super().setUp()
        self.draft_url = reverse("candidate_draft", args=[self.interview.pk])

    def send(self, text: str, **changes: object) -> Any:
        """As the script sends it, following the draft that is stored."""
        data = self.form(text, **{"draft_version": self.stored().draft_version} | changes)
        return self.client.post(self.draft_url, data, headers={"Accept": "application/json"})

    def save(self, text: str, **changes: object) -> int:
        return int(self.send(text, **changes).status_code)


class DraftTests(DraftCase):
    def test_it_is_kept_and_shown_again_with_its_time(self) -> None:
        with self.assertNumQueries(7):  # two of them are the test's own
            code = self.save("I ran the migr")

        self.assertEqual((code, self.stored().draft, self.stored().status), (200, "I ran the migr", "open"))
        self.assertIsNotNone(self.stored().draft_at)
        response = self.client.get(reverse("candidate_home", args=[self.interview.pk]))
        self.assertContains(response, ">I ran the migr</textarea>")

    def test_it_is_sealed_and_leaves_no_trace_in_the_audit_trail(self) -> None:
        before = make.actions()

        self.save("Half a secret")

        self.assertNotIn(b"secret", b"".join(make.stored(Turn, "draft")))
        self.assertEqual(make.actions(), before)

    def test_a_refused_answer_comes_back_as_unsaved_so_that_the_page_keeps_it(self) -> None:
        self.save("The short text of before.")
        answer = reverse("candidate_answer", args=[self.interview.pk])

        response = self.client.post(answer, self.form("x" * (LONGEST_ANSWER + 1)))

        self.assertContains(response, "data-unsaved", status_code=400)
        self.assertNotContains(response, "<time datetime", status_code=400)
        self.assertNotContains(self.client.get(reverse("candidate_home", args=[self.interview.pk])), "data-unsaved")

    def test_the_address_of_a_form_opened_by_itself_leads_back_to_its_page(self) -> None:
        home = reverse("candidate_home", args=[self.interview.pk])

        response = self.client.get(reverse("candidate_answer", args=[self.interview.pk]))

        self.assertContains(response, f'href="{home}"', status_code=405)
        self.assertEqual(response["Allow"], "POST")

    def test_an_emptied_draft_is_forgotten(self) -> None:
        self.save("I ran the migr")

        self.assertEqual(self.save("  "), 200)
        self.assertIsNone(self.stored().draft)

    def test_without_scripts_it_leads_back_to_the_room(self) -> None:
        response = self.client.post(self.draft_url, self.form("I ran the migr", draft_version=0))

        self.assertEqual((response.status_code, self.stored().draft), (303, "I ran the migr"))

    def test_the_answer_clears_it(self) -> None:
        self.save("I ran the migr")

        make.answered(self.interview)

        self.assertEqual((self.stored().draft, self.stored().answer), (None, make.ANSWERS[0]))

    def test_without_a_script_the_page_says_why_it_was_not_kept(self) -> None:
        for text, words in (("x" * (LONGEST_ANSWER + 1), "longer than the limit"), ("a\x00b", "can&#x27;t be stored")):
            page = self.client.post(self.draft_url, self.form(text, draft_version=0))
            self.assertContains(page, words, status_code=400)

        self.assertIsNone(self.stored().draft)

    def test_a_draft_that_comes_after_the_answer_is_gone_for_a_script_and_shown_again_without_one(self) -> None:
        make.answered(self.interview)

        with make.writes() as written:
            code = self.save("I ran the migr")
            page = self.client.post(self.draft_url, self.form("I ran the migr", draft_version=0))

        self.assertEqual((code, written.tables), (410, {}))
        self.assertContains(page, "I ran the migr</p>", status_code=409)
        self.assertEqual((self.stored().draft, self.stored().answer), (None, make.ANSWERS[0]))

    def test_what_could_not_be_sent_is_not_kept_either(self) -> None:
        self.save("Good.")

        for text, reason in (("x" * (LONGEST_ANSWER + 1), "draft_long"), ("a\x00b", "draft_text")):
            refused = self.send(text)
            self.assertEqual((refused.status_code, refused.json()), (400, {"reason": reason}))
        self.assertEqual(self.save("No turn.", idempotency_key="x"), 400)
        for version in ("", "x", "1.5", "9" * 5000):
            self.assertEqual(self.save("No version.", draft_version=version), 400, version[:9])

        self.assertEqual(self.stored().draft, "Good.")

    def test_a_turn_of_another_interview_keeps_no_draft(self) -> None:
        theirs = make.open_turn(make.started(make.invited("grace@example.org")))

        with make.writes() as written:
            self.save("Forged.", idempotency_key=theirs.pk)

        self.assertEqual(written.tables, {})
        self.assertIsNone(Turn.objects.get(pk=theirs.pk).draft)

    def test_strangers_keep_no_draft(self) -> None:
        strangers = make.strangers(self.invited.invitation)
        with make.writes() as written:
            codes = [stranger.post(self.draft_url, self.form("Forged.")).status_code for stranger in strangers]

        self.assertEqual((codes, written.tables), ([404, 404, 404], {}))
        self.assertIsNone(self.stored().draft)


class VersionTests(DraftCase):
    """Two tabs write the answer to one question."""

    def test_each_save_tells_the_version_that_the_next_one_names(self) -> None:
        first, second = self.send("One").json(), self.send("Two").json()

        self.assertEqual([(held["version"], held["text"]) for held in (first, second)], [(1, "One"), (2, "Two")])
        self.assertEqual(datetime.fromisoformat(second["saved_at"]), self.stored().draft_at)

    def test_a_stale_save_is_refused_with_what_is_stored_and_overwrites_nothing(self) -> None:
        self.save("From the phone.")
        held = self.stored()

        for version in (0, 7, -1, 10**30):
            with make.writes() as written:
                response = self.send("From the laptop.", draft_version=version)

            self.assertEqual((response.status_code, written.tables), (409, {}), version)
            newer = response.json()
            self.assertEqual((newer["version"], newer["text"]), (1, "From the phone."))
            self.assertEqual(datetime.fromisoformat(newer["saved_at"]), held.draft_at)
        self.assertEqual((self.stored().draft, self.stored().draft_version), ("From the phone.", 1))

    def test_a_save_whose_acknowledgement_was_lost_is_the_same_save(self) -> None:
        self.send("One", draft_version=0)

        response = self.send(" One\r\n", draft_version=0)

        self.assertEqual((response.status_code, response.json()["version"], self.stored().draft_version), (200, 1, 1))

    def test_without_scripts_both_texts_are_shown_and_the_next_save_may_follow_the_newer_one(self) -> None:
        self.save("From the phone.")

        page = self.client.post(self.draft_url, self.form("From the laptop.", draft_version=0))

        self.assertContains(page, "A newer draft was saved in another tab", status_code=409)
        self.assertContains(page, "From the phone.</p>", status_code=409)
        self.assertContains(page, ">From the laptop.</textarea>", status_code=409)
        self.assertContains(page, 'name="draft_version" value="1"', status_code=409)
        self.client.post(self.draft_url, self.form("From the laptop.", draft_version=1))
        self.assertEqual((self.stored().draft, self.stored().draft_version), ("From the laptop.", 2))

    def test_a_draft_of_a_megabyte_is_refused_with_words_and_keeps_what_was_there(self) -> None:
        self.save("Good.")

        response = self.send("x" * 1_000_000)

        words = "What you sent is larger than the 256 KiB that this page accepts. Nothing was stored."
        self.assertContains(response, words, status_code=413)
        self.assertEqual((self.stored().draft, self.stored().draft_version), ("Good.", 1))
