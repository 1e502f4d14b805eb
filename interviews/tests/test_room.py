"""The room: the open question, what was said so far, and nothing else."""

from django.urls import reverse

from interviews.tests import make
from interviews.tests.cases import TEXT, AnswerCase


class RoomTests(AnswerCase):
    def room(self) -> str:
        return reverse("candidate_home", args=[self.interview.pk])

    def test_it_shows_the_open_question_and_costs_the_same_with_every_answer(self) -> None:
        with self.assertNumQueries(5):
            response = self.client.get(self.room())
        self.assertContains(response, self.turn.shown)
        self.assertContains(response, f'value="{self.turn.pk}"')

        make.replied(self.interview, TEXT)

        with self.assertNumQueries(5):
            response = self.client.get(self.room())
        self.assertContains(response, TEXT)
        self.assertContains(response, make.PLAN.questions[1].text)

    def test_without_scripts_it_looks_again_while_a_reply_is_owed(self) -> None:
        refresh = '<noscript><meta http-equiv="refresh" content="3"></noscript>'
        self.assertNotContains(self.client.get(self.room()), refresh)

        make.answered(self.interview, TEXT)

        self.assertContains(self.client.get(self.room()), refresh)
        self.assertNotContains(self.client.get(self.room()), "<textarea")

    def test_what_the_candidate_types_is_shown_as_text(self) -> None:
        make.replied(self.interview, "<script>alert(1)</script> {{ 7 }} & <b>bold</b>")

        response = self.client.get(self.room())

        self.assertContains(response, "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 }} &amp; &lt;b&gt;bold&lt;/b&gt;")
        self.assertNotContains(response, "<script>alert")

    def test_reading_it_writes_nothing(self) -> None:
        with make.writes() as written:
            self.client.get(self.room())

        self.assertEqual(written.tables, {})
