"""Candidates say how each question was; people see it in sums alone, and the first vote is counted once."""

from typing import Any
from uuid import uuid4

from django.urls import reverse
from prometheus_client import REGISTRY

from accounts.roles import Role
from compliance.audit.models import AuditEvent
from core.testing import OTHER, CommittingTestCase, TenantClient, TenantTestCase, at_once
from interviews.models import Interview, Job, QuestionThumb, Turn
from interviews.selectors import feedback
from interviews.services import afterwards, standing, thumbs
from interviews.tests import make, team
from interviews.tests.test_status_page import StatusCase


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"candor_{name}_total", labels) or 0.0


class ThumbTests(StatusCase):
    def turn(self, number: int = 1) -> Turn:
        return self.interview.turns.get(number=number)

    def post(self, thumb: str, turn: Any = None) -> Any:
        return self.client.post(self.address("thumb"), {"turn": str(turn or self.turn().pk), "thumb": thumb})

    def test_it_is_kept_and_can_be_changed_and_the_page_shows_it(self) -> None:
        response = self.post("up")
        back = f"{self.address('home')}?questions#asked-{self.turn().pk}"
        self.assertEqual((response.status_code, response["Location"]), (303, back))
        self.assertContains(self.client.get(back), '<details class="group" open>')
        self.assertContains(self.page(), '<details class="group">')  # later the page is short again
        self.assertContains(self.page(), f'id="asked-{self.turn().pk}"')
        self.post("down")

        kept = QuestionThumb.objects.get()
        self.assertEqual((kept.turn, kept.thumb, kept.subject_id), (self.turn(), "down", self.interview.subject_id))
        self.assertContains(self.page(), 'value="down" aria-pressed="true"', count=1)
        self.assertContains(self.page(), 'aria-pressed="false"', count=3)

    def test_the_first_vote_is_counted_and_a_change_of_mind_is_not(self) -> None:
        before = {thumb: counted("thumbs", thumb=thumb) for thumb in ("up", "down")}

        with self.captureOnCommitCallbacks(execute=True):
            for thumb in ("up", "down", "up", "down"):
                self.post(thumb)
            self.post("down", self.turn(2).pk)

        after = {thumb: counted("thumbs", thumb=thumb) - before[thumb] for thumb in before}
        self.assertEqual(after, {"up": 1.0, "down": 1.0})

    def test_stars_are_counted_once_too(self) -> None:
        before = [counted("stars", stars=str(n)) for n in range(1, 6)]

        with self.captureOnCommitCallbacks(execute=True):
            for stars in (2, 5, 5):
                self.client.post(self.address("rate"), {"stars": stars})

        after = [counted("stars", stars=str(n)) for n in range(1, 6)]
        self.assertEqual([b - a for a, b in zip(before, after, strict=True)], [0.0, 1.0, 0.0, 0.0, 0.0])

    def test_the_series_stand_at_nought_from_the_start_and_name_no_tenant(self) -> None:
        for name, label, values in (("thumbs", "thumb", ("up", "down")), ("stars", "stars", "12345")):
            for value in values:
                self.assertIsNotNone(REGISTRY.get_sample_value(f"candor_{name}_total", {label: value}))

    def test_bad_input_is_refused_and_stores_nothing(self) -> None:
        closing = self.interview.turns.create(
            number=9, kind="closing", subject_id=self.interview.subject_id, shown="", status="skipped"
        )
        other = make.submitted(make.invited("joan@example.org"))
        cases = [("sideways", None), ("", None), ("up", uuid4()), ("up", "x"), ("up", closing.pk)]
        for thumb, turn in [*cases, ("up", other.turns.all()[0].pk)]:
            with self.subTest(thumb=thumb), make.writes() as written:
                self.assertEqual((self.post(thumb, turn).status_code, written.tables), (404, {}))

    def test_while_it_runs_and_once_withdrawn_nothing_is_kept(self) -> None:
        one = make.invited("joan@example.org")
        running = make.started(one)
        turn = make.replied(running)
        address = reverse("candidate_thumb", args=[running.pk])
        with make.writes() as written:
            code = make.browser(one.invitation).post(address, {"turn": turn.pk, "thumb": "up"}).status_code
        self.assertEqual((code, QuestionThumb.objects.count()), (303, 0))
        self.assertNotIn("alpha.interviews_questionthumb", written.tables)
        with self.assertRaises(thumbs.NotThumbable):
            thumbs.give(running, turn_id=turn.pk, thumb="up")

        afterwards.withdraw(self.stored())
        self.post("up")
        with self.assertRaises(standing.Withdrawn):
            thumbs.give(self.interview, turn_id=self.turn().pk, thumb="up")
        self.assertEqual(QuestionThumb.objects.count(), 0)
        self.assertNotContains(self.page(), "How were the questions?")

    def test_strangers_say_nothing(self) -> None:
        self.assert_strangers_post_nothing(self.address("thumb"), {"turn": str(self.turn().pk), "thumb": "down"})
        self.assertEqual(self.client.get(self.address("thumb")).status_code, 405)
        self.assertEqual(QuestionThumb.objects.count(), 0)

    def test_no_page_of_people_shows_it_beside_the_candidate_and_the_trail_does_not_say_which(self) -> None:
        person = make.staff()
        make.reviewed(self.interview, person)
        client = make.signed_in(person)
        pages = [reverse("portal_interview", args=[self.interview.pk]), "/", "/candidates/"]
        before = [self.quiet(client.get(url)) for url in pages]

        self.post("down")
        self.client.post(self.address("rate"), {"stars": 1})

        self.assertEqual([self.quiet(client.get(url)) for url in pages], before)
        rows = AuditEvent.objects.filter(action__in=["question.thumbed", "interview.rated"])
        self.assertEqual([row.detail for row in rows], [{}, {}])

    @staticmethod
    def quiet(response: Any) -> list[str]:
        """The words of the page: without what differs each time."""
        lines = response.content.decode().splitlines()
        return [line for line in lines if "nonce" not in line and "csrfmiddlewaretoken" not in line]


class SumsTests(TenantTestCase):
    job: Job

    interviews: list[Interview]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interviews = [make.submitted(make.invited(f"c{n}@example.org", name=f"Candidate {n}")) for n in range(10)]
        cls.job = cls.interviews[0].application.job

    def setUp(self) -> None:
        super().setUp()
        self.url = reverse("portal_job_feedback", args=[self.job.pk])
        self.client = make.signed_in(make.staff())

    def say(self, most: int, *, up: int = 7) -> None:
        for place, interview in enumerate(self.interviews[:most]):
            thumbs.give(interview, turn_id=interview.turns.get(number=1).pk, thumb="up" if place < up else "down")
            afterwards.rate(interview, stars=4 if place % 2 else 5)

    def test_nine_are_hidden(self) -> None:
        self.say(9)

        page = self.client.get(self.url)

        self.assertIsNone(page.context["stars"])
        self.assertEqual([(one["count"], one["percent"]) for one in page.context["questions"]], [(None, None)])
        self.assertContains(page, "fewer than 10")
        self.assertContains(page, "Fewer than 10 ratings.")
        self.assertNotContains(page, "%</td>")

    def test_ten_are_shown_as_a_share_and_a_mean(self) -> None:
        self.say(10)
        one = self.interviews[0]
        thumbs.give(one, turn_id=one.turns.get(number=2).pk, thumb="down")

        page = self.client.get(self.url)

        self.assertEqual((page.context["stars"]["count"], page.context["stars"]["mean"]), (10, 4.5))
        shown = [(row["question"], row["count"], row["percent"]) for row in page.context["questions"]]
        questions = [question.text for question in make.PLAN.questions]
        self.assertEqual(shown, [(questions[0], 10, 70), (questions[1], None, None)])
        for name in ("Candidate 0", "c0@"):
            self.assertNotContains(page, name)

    def test_many_thumbs_of_few_people_are_hidden_and_each_person_counts_once(self) -> None:
        for place, interview in enumerate(self.interviews):
            for number in (7, 8):
                interview.turns.create(number=number, kind="probe", subject_id=interview.subject_id, shown="And then?")
            for turn in interview.turns.filter(kind="probe") if place < 9 else ():
                thumbs.give(interview, turn_id=turn.pk, thumb="up")
        self.assertEqual(QuestionThumb.objects.count(), 18)
        self.assertEqual(feedback.sums(self.job)["questions"], [{"question": "", "count": None, "percent": None}])

        last = self.interviews[9]
        thumbs.give(last, turn_id=last.turns.get(number=7).pk, thumb="down")

        self.assertEqual(feedback.sums(self.job)["questions"], [{"question": "", "count": 19, "percent": 95}])

    def test_two_interviews_of_one_person_are_one_person(self) -> None:
        self.say(10)
        first, last = self.interviews[0], self.interviews[9]
        Interview.objects.filter(pk=last.pk).update(subject_id=first.subject_id)
        QuestionThumb.objects.filter(turn__interview=last).update(subject_id=first.subject_id)

        sums = feedback.sums(self.job)

        self.assertEqual((sums["stars"], sums["questions"][0]["count"]), (None, None))

    def test_who_withdrew_is_not_in_it(self) -> None:
        self.say(10)
        afterwards.withdraw(self.interviews[3])

        self.assertIsNone(feedback.sums(self.job)["stars"])
        self.assertEqual(feedback.sums(self.job)["questions"][0]["count"], None)

    def test_the_page_asks_the_database_as_often_for_ten_as_for_none(self) -> None:
        self.client.get(self.url)
        with self.assertNumQueries(10):
            self.client.get(self.url)
        self.say(10)
        with self.assertNumQueries(10):
            self.client.get(self.url)

    def test_only_people_who_see_the_job_see_it(self) -> None:
        self.assertEqual(TenantClient().get(self.url).status_code, 302)
        manager = make.staff(Role.HIRING_MANAGER)
        self.assertEqual(make.signed_in(manager).get(self.url).status_code, 404)
        team.assigned(manager, self.job)
        self.assertEqual(make.signed_in(manager).get(self.url).status_code, 200)
        with self.in_tenant(OTHER):
            stranger = make.signed_in(make.staff(), OTHER)
            self.assertEqual(stranger.get(self.url).status_code, 404)


class AtOnceTests(CommittingTestCase):
    def test_of_four_votes_at_once_one_stands_and_one_is_counted(self) -> None:
        interview = make.submitted()
        turn_id = interview.turns.get(number=1).pk
        before = counted("thumbs", thumb="up")

        results = at_once(*[lambda: thumbs.give(interview, turn_id=turn_id, thumb="up")] * 4)

        self.assertEqual(results, [None] * 4)
        self.assertEqual((QuestionThumb.objects.count(), counted("thumbs", thumb="up") - before), (1, 1.0))
