"""A half-written review: a save names the one it follows, and two tabs lose nothing of each other's."""

from datetime import timedelta
from typing import Any
from unittest import mock

from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from core import clock
from core.testing import TenantTestCase
from interviews.models import Interview, Review
from interviews.services import review_time
from interviews.tests import make, team


class DraftCase(TenantTestCase):
    interview: Interview
    reviewer: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.evaluated()
        cls.reviewer = team.staff_of(cls.interview, Role.REVIEWER)

    def setUp(self) -> None:
        super().setUp()
        self.client = make.signed_in(self.reviewer)
        self.url = reverse("portal_review_draft", args=[self.interview.pk])
        self.page = reverse("portal_interview", args=[self.interview.pk])


class TwoTabsTests(DraftCase):
    def test_a_save_says_its_version_and_when(self) -> None:
        first = self.client.post(self.url, {"rating-sql": "4", "draft_version": "0"}).json()
        second = self.client.post(self.url, {"rating-sql": "5", "draft_version": "1"}).json()

        review = Review.objects.get()
        self.assertEqual((first["version"], second["version"], review.draft_version), (1, 2, 2))
        assert review.saved_at is not None
        self.assertEqual(second["saved_at"][:19], review.saved_at.isoformat()[:19])
        self.assertContains(self.client.get(self.page), 'name="draft_version" value="2"')

    def test_a_save_that_does_not_follow_stores_nothing_and_is_told_what_is_stored(self) -> None:
        first = {"rating-sql": "4", "note-sql": "Measured first.", "rating-candour": "N", "note-listening": "Asks."}
        self.client.post(self.url, first | {"draft_version": "0"})

        response = self.client.post(self.url, {"rating-sql": "1", "draft_version": "0"})

        self.assertEqual(response.status_code, 409)
        self.assertEqual(
            response.json(),
            {
                "reason": "stale",
                "version": 1,
                "ratings": {
                    "sql": {"level": "4", "note": "Measured first."},
                    "candour": {"level": "N", "note": ""},
                    "listening": {"level": "", "note": "Asks."},
                },
            },
        )
        self.assertEqual(Review.objects.get().ratings.get(competency__key="sql").level, 4)

    def test_a_draft_after_the_review_is_in_is_refused_and_says_so(self) -> None:
        make.reviewed(self.interview, self.reviewer)

        response = self.client.post(self.url, {"rating-sql": "1", "draft_version": "1"})

        self.assertEqual((response.status_code, response.json()), (409, {"reason": "closed"}))
        self.assertEqual(set(Review.objects.get().ratings.values_list("level", flat=True)), {4})

    def test_what_is_no_level_or_too_long_is_refused_and_stores_nothing(self) -> None:
        for fields in ({"rating-sql": "6"}, {"rating-sql": "x"}, {"note-sql": "x" * 2001}, {"draft_version": "x"}):
            response = self.client.post(self.url, {"rating-sql": "3"} | fields)
            self.assertEqual((response.status_code, response.json()), (400, {"reason": "refused"}), fields)

        self.assertFalse(Review.objects.filter(ratings__isnull=False).exists())

    def press(self, **fields: str) -> Any:
        """What a browser sends without scripts."""
        return self.client.post(self.url, fields, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    def test_without_scripts_the_button_saves_and_leads_back(self) -> None:
        response = self.press(**{"rating-sql": "4"})

        self.assertRedirects(response, self.page, status_code=303, fetch_redirect_response=False)
        self.assertContains(self.client.get(self.page), "Draft saved.")

    def test_without_scripts_a_refused_page_comes_back_as_it_was_and_follows_what_is_stored(self) -> None:
        self.client.post(self.url, {"rating-sql": "1", "draft_version": "0"})

        stale = self.press(**{"rating-sql": "4", "note-sql": "Mine.", "draft_version": "0"})

        self.assertContains(stale, "Nothing was overwritten", status_code=409)
        self.assertContains(stale, "Mine.</textarea>", status_code=409)
        self.assertContains(stale, 'name="draft_version" value="1"', status_code=409)
        self.assertEqual(Review.objects.get().ratings.get().level, 1)
        long = self.press(**{"rating-sql": "4", "note-sql": "x" * 2001, "draft_version": "1"})
        self.assertContains(long, "x" * 2001, status_code=400)
        make.reviewed(self.interview, self.reviewer)
        self.assertEqual(self.press(**{"rating-sql": "4"}).status_code, 303)
        self.assertContains(self.client.get(self.page), "changed any more.")

    def test_what_is_submitted_is_what_was_on_the_page(self) -> None:
        self.client.post(self.url, {"rating-sql": "1", "draft_version": "0"})
        levels = {"rating-sql": "5", "rating-listening": "5", "rating-candour": "5", "draft_version": "0"}

        self.client.post(reverse("portal_review", args=[self.interview.pk]), levels)

        self.assertEqual(set(Review.objects.get().ratings.values_list("level", flat=True)), {5})


class ReviewTimeTests(DraftCase):
    """Seconds that pass between what the server saw, at most two minutes at a time."""

    def at(self, seconds: float) -> Any:
        return mock.patch.object(clock, "now", return_value=self.start + timedelta(seconds=seconds))

    def setUp(self) -> None:
        super().setUp()
        self.start = clock.now()
        with self.at(0):
            self.opened = review_time.stamp(self.interview)

    def saved(self, seconds: float, **fields: str) -> int:
        with self.at(seconds):
            self.client.post(self.url, {"rating-sql": "4", "opened": self.opened} | fields)
        return Review.objects.get().active_ms

    def test_the_gaps_add_up_and_none_counts_for_more_than_two_minutes(self) -> None:
        self.assertEqual(self.saved(30.5), 30_500)
        self.assertEqual(self.saved(50), 50_000)
        self.assertEqual(self.saved(3650), 170_000)

    def test_who_comes_back_counts_from_the_new_opening(self) -> None:
        self.saved(30)
        with self.at(1000):
            self.opened = review_time.stamp(self.interview)

        self.assertEqual(self.saved(1010), 40_000)

    def test_what_was_not_signed_here_counts_for_nothing(self) -> None:
        other = make.evaluated(make.invited("joan@example.org"))
        for opened in ("", "2020-01-01", self.opened[:-1], "x:y:z", review_time.stamp(other)):
            self.assertEqual(self.saved(60, opened=opened), 0, opened)

    def test_a_clock_that_goes_back_takes_nothing_away(self) -> None:
        self.saved(30)

        self.assertEqual(self.saved(20), 30_000)

    def test_submitting_is_the_last_step(self) -> None:
        levels = {"rating-sql": "5", "rating-listening": "5", "rating-candour": "5", "opened": self.opened}
        with self.at(90):
            self.client.post(reverse("portal_review", args=[self.interview.pk]), levels)

        self.assertEqual(Review.objects.get().active_ms, 90_000)

    def test_the_page_carries_its_stamp_and_looking_writes_no_review(self) -> None:
        page = self.client.get(self.page)

        self.assertContains(page, 'name="opened" value="')
        self.assertEqual(Review.objects.count(), 0)
