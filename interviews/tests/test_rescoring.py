"""Scoring anew brings old scores under the current scorecard; it is no second try, and it goes in portions."""

from typing import Any
from unittest import mock
from uuid import UUID

from django.urls import reverse

from interviews.models import Evaluation, Interview
from interviews.services import evaluations, rescoring
from interviews.services.standings import Group, Place
from interviews.tests import make
from interviews.tests.test_standings import StandingsCase

STATUS = Evaluation.Status


class SecondTryTests(StandingsCase):
    def assert_kept(self, interview: Interview) -> None:
        with make.writes() as written:
            done = self.rescore(interview)

        self.assertEqual((done.owed, done.kept, written.tables), (0, 1, {}))

    def test_a_score_by_the_current_scorecard_is_kept(self) -> None:
        interview = self.evaluated("Ada", "10")

        self.assert_kept(interview)

        self.assertEqual(interview.evaluations.get().status, STATUS.PROVISIONAL)

    def test_so_is_one_by_an_older_version_with_the_same_scorecard(self) -> None:
        interview = self.evaluated("Ada", "10")
        self.publish(minutes=50)

        self.assert_kept(interview)

    def test_what_was_scored_anew_is_not_scored_once_more(self) -> None:
        interview = self.evaluated("Ada", "10")
        self.lighter()
        self.assertEqual(self.rescore(interview).owed, 1)
        evaluations.run(evaluation_id=interview.evaluations.get(status=STATUS.OWED).pk)

        self.assert_kept(interview)

        self.assertEqual(interview.evaluations.count(), 2)

    def test_the_page_says_why_it_was_kept(self) -> None:
        interview = self.evaluated("Ada", "10")
        url = reverse("portal_rescore", args=[self.job.pk])

        page = make.signed_in(self.admin).post(url, {"interview": [str(interview.pk)]}, follow=True)

        self.assertContains(page, "1 interview keeps its score")
        self.assertContains(page, "by the current rubric already")


def place(number: int, **changes: Any) -> Place:
    return Place(UUID(int=number), "Ada", number, None, "", "", **{"decided": False} | changes)


class PortionTests(StandingsCase):
    def test_the_first_200_of_a_longer_list_are_offered(self) -> None:
        places = [place(1, decided=True), *(place(number) for number in range(2, 253))]
        group = Group("1.0.0", (), provisional=False, current=False, places=tuple(places))

        self.assertEqual((len(group.undecided), len(group.offered)), (251, 200))
        self.assertEqual(group.offered, [UUID(int=number) for number in range(2, 202)])

    def test_the_page_offers_no_more_than_are_taken_and_says_so(self) -> None:
        first, second = self.evaluated("Ada", "20"), self.evaluated("Grace", "10")
        self.lighter()
        client = make.signed_in(self.admin)
        url, send = (reverse(name, args=[self.job.pk]) for name in ("portal_standings", "portal_rescore"))
        self.assertNotContains(client.get(url), "These are the first")

        with mock.patch.object(rescoring, "MOST", 1):
            page = client.get(url)
            self.assertContains(page, "These are the first 1 of 2")
            self.assertContains(page, f'name="interview" value="{first.pk}"')
            self.assertNotContains(page, f'name="interview" value="{second.pk}"')
            self.assertContains(client.post(send, {"interview": [str(first.pk)]}, follow=True), "is being scored anew")
            self.assertContains(client.get(url), f'name="interview" value="{second.pk}"')
