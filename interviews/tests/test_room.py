"""The room: the open question, what was said so far, and nothing else."""

from django.urls import reverse

from interviews.models import Turn
from interviews.tests import make
from interviews.tests.cases import TEXT, AnswerCase


class RoomTests(AnswerCase):
    def room(self) -> str:
        return reverse("candidate_home", args=[self.interview.pk])

    def test_it_shows_the_open_question_and_costs_the_same_with_every_answer(self) -> None:
        make.read_what_is_kept()
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
        self.assertNotContains(self.client.get(self.room()), 'http-equiv="refresh"')

        make.answered(self.interview, TEXT)

        page = self.client.get(self.room())
        refresh = rf'<noscript><meta http-equiv="refresh" content="3;url={self.room()}\?at=\d{{6}}#now"></noscript>'
        self.assertRegex(page.content.decode(), refresh)
        self.assertNotContains(page, "<textarea")

    def test_without_scripts_every_way_back_leads_to_what_was_said_last(self) -> None:
        page = self.client.get(self.room()).content.decode()
        self.assertLess(page.index('id="now"'), page.index('id="m-1-q"'))
        self.assertIn(f'action="{self.url}#now"', page)

        answered = self.client.post(self.url, self.form())

        self.assertEqual((answered.status_code, answered["Location"]), (303, f"{self.room()}#now"))
        page = self.client.get(self.room()).content.decode()
        self.assertEqual(page.count('id="now"'), 1)
        self.assertLess(page.index('id="m-1-q"'), page.index('id="now"'))

    def test_a_follow_up_says_which_question_it_belongs_to(self) -> None:
        make.replied(self.interview, TEXT)
        self.assertNotContains(self.client.get(self.room()), "ollow-up")

        Turn.objects.filter(pk=make.open_turn(self.interview).pk).update(kind="probe")

        page = self.client.get(self.room())
        self.assertContains(page, "Follow-up to question 2", count=1)
        self.assertContains(page, "Your answer to the follow-up to question 2")

    def test_what_the_candidate_types_is_shown_as_text(self) -> None:
        make.replied(self.interview, "<script>alert(1)</script> {{ 7 }} & <b>bold</b>")

        response = self.client.get(self.room())

        self.assertContains(response, "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 }} &amp; &lt;b&gt;bold&lt;/b&gt;")
        self.assertNotContains(response, "<script>alert")

    def test_reading_it_writes_nothing(self) -> None:
        with make.writes() as written:
            self.client.get(self.room())

        self.assertEqual(written.tables, {})
