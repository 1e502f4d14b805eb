"""Half-typed answers: kept, never in the way of an answer."""

from django.urls import reverse

from interviews.models import Turn
from interviews.models.turns import LONGEST_ANSWER
from interviews.services import turns
from interviews.tests import make
from interviews.tests.cases import AnswerCase


class DraftTests(AnswerCase):
    def setUp(self) -> None:
        super().setUp()
        self.draft_url = reverse("candidate_draft", args=[self.interview.pk])

    def save(self, text: str, **changes: object) -> int:
        """As the script sends it."""
        response = self.client.post(self.draft_url, self.form(text, **changes), headers={"Accept": "application/json"})
        return int(response.status_code)

    def test_it_is_kept_and_shown_again_with_its_time(self) -> None:
        with self.assertNumQueries(4):
            code = self.save("I ran the migr")

        self.assertEqual((code, self.stored().draft, self.stored().status), (204, "I ran the migr", "open"))
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

        self.assertEqual(self.save("  "), 204)
        self.assertIsNone(self.stored().draft)

    def test_without_scripts_it_leads_back_to_the_room(self) -> None:
        response = self.client.post(self.draft_url, self.form("I ran the migr"))

        self.assertEqual((response.status_code, self.stored().draft), (303, "I ran the migr"))

    def test_the_answer_clears_it(self) -> None:
        self.save("I ran the migr")

        make.answered(self.interview)

        self.assertEqual((self.stored().draft, self.stored().answer), (None, make.ANSWERS[0]))

    def test_a_draft_that_comes_after_the_answer_is_ignored(self) -> None:
        make.answered(self.interview)

        with make.writes() as written:
            code = self.save("I ran the migr")
            kept = turns.save_draft(interview=self.interview, turn_id=self.turn.pk, text="Late.")

        self.assertEqual((code, kept, written.tables), (204, False, {}))
        self.assertEqual((self.stored().draft, self.stored().answer), (None, make.ANSWERS[0]))

    def test_what_could_not_be_sent_is_not_kept_either(self) -> None:
        self.save("Good.")

        for text in ("x" * (LONGEST_ANSWER + 1), "a\x00b"):
            self.assertEqual(self.save(text), 400)
        self.assertEqual(self.save("No turn.", idempotency_key="x"), 400)

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
