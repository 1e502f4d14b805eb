"""People's own ratings: kept as a draft, submitted once and whole, nobody else's business."""

from typing import Any
from uuid import uuid4

from django.urls import reverse

from accounts.models import User
from accounts.roles import NotPermitted, Role
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Application, Interview, Review, ReviewRating
from interviews.services import lifecycle, opening, reviews
from interviews.services.reviews import OwnRating
from interviews.tests import make
from interviews.tests.cases import RatingCase

COMPLETE = {"rating-sql": "4", "rating-listening": "2", "rating-candour": "N", "note-sql": "Measured first."}


class ReviewCase(RatingCase):
    def levels(self, by: User | None = None) -> dict[str, int | None]:
        rows = ReviewRating.objects.filter(review__reviewer=by or self.reviewer)
        return dict(rows.order_by("competency__position").values_list("competency__key", "level"))


class SaveReviewTests(ReviewCase):
    def test_a_draft_keeps_what_there_is(self) -> None:
        self.save(False, sql=4)
        self.save(False, sql=5, candour=None)

        self.assertEqual((Review.objects.get().status, self.levels()), ("draft", {"sql": 5, "candour": None}))
        self.assertEqual(make.actions("review."), ["review.saved", "review.saved"])

    def test_submitting_stores_all_of_it_under_the_persons_name(self) -> None:
        review = self.save(True, sql=4, listening=2, candour=None)

        self.assertEqual((review.status, review.reviewer), ("submitted", self.reviewer))
        self.assertIsNotNone(Review.objects.get().submitted_at)
        self.assertEqual(self.levels(), {"sql": 4, "listening": 2, "candour": None})
        self.assertEqual(make.actions("review."), ["review.submitted"])

    def test_the_first_one_moves_the_stage_under_the_persons_name_and_later_ones_do_not(self) -> None:
        self.save(False, sql=4)
        self.assertEqual(Application.objects.get().stage, "invited")

        self.save(True, sql=4, listening=2, candour=None)
        self.save(True, by=make.staff(Role.OWNER), sql=1, listening=1, candour=1)

        application = Application.objects.get()
        self.assertEqual((application.stage, application.stage_by), ("review", self.reviewer))

    def test_an_incomplete_one_is_refused_and_nothing_is_stored(self) -> None:
        incomplete: list[dict[str, Any]] = [{}, {"sql": 4, "listening": 2}]
        for levels in incomplete:
            with make.writes() as written, self.assertRaises(reviews.ReviewIncomplete):
                self.save(True, **levels)

            self.assertEqual((written.tables, Review.objects.count()), ({}, 0))

    def test_levels_and_notes_outside_of_the_scale_are_refused(self) -> None:
        for level in (0, 6, -1, 9, 2.5, "4"):
            with make.writes() as written, self.assertRaises(reviews.ReviewIncomplete):
                self.save(False, sql=level)
            self.assertEqual(written.tables, {}, level)

        with self.assertRaises(reviews.ReviewIncomplete):
            ratings = {self.competencies["sql"]: OwnRating(4, "x" * 2001)}
            reviews.save_review(interview_id=self.interview.pk, by=self.reviewer, ratings=ratings, submit=False)
        self.assertEqual(Review.objects.count(), 0)

    def test_competencies_of_another_job_or_of_none_are_refused(self) -> None:
        foreign = make.job("welder").current_version
        assert foreign is not None
        for competency_id in (foreign.competencies.all()[0].pk, uuid4()):
            with make.writes() as written, self.assertRaises(reviews.ReviewIncomplete):
                ratings = make.ratings(self.interview) | {competency_id: OwnRating(3)}
                reviews.save_review(interview_id=self.interview.pk, by=self.reviewer, ratings=ratings, submit=True)

            self.assertEqual(written.tables, {})

    def test_a_submitted_one_never_changes(self) -> None:
        self.save(True, sql=4, listening=2, candour=None)

        for submit in (False, True):
            with make.writes() as written, self.assertRaises(reviews.ReviewSubmitted):
                self.save(submit, sql=1, listening=1, candour=1)
            self.assertNotIn("alpha.interviews_reviewrating", written.tables)

        self.assertEqual(self.levels(), {"sql": 4, "listening": 2, "candour": None})

    def test_two_people_rate_apart(self) -> None:
        other = make.staff(Role.RECRUITER)
        self.save(True, sql=4, listening=2, candour=None)
        self.save(True, by=other, sql=1, listening=1, candour=1)

        self.assertEqual(self.levels(), {"sql": 4, "listening": 2, "candour": None})
        self.assertEqual(self.levels(other), {"sql": 1, "listening": 1, "candour": 1})

    def test_a_role_that_may_not_review_is_refused(self) -> None:
        with make.writes() as written, self.assertRaises(NotPermitted):
            self.save(True, by=make.staff(Role.AUDITOR), sql=1, listening=1, candour=1)

        self.assertEqual((Review.objects.count(), "alpha.interviews_review" in written.tables), (0, False))


class NotReviewableTests(TenantTestCase):
    def save(self, interview: Interview) -> Review:
        return make.reviewed(interview, make.staff())

    def test_nothing_is_rated_before_the_end(self) -> None:
        one = make.invited()
        make.staff()
        make.job()
        interviews = [
            make.invited("a@example.org").interview,
            make.opened(one),
            make.started(make.invited("b@example.org")),
        ]
        interviews.append(make.all_answered(make.invited("c@example.org")))
        for interview in interviews:
            with make.writes() as written, self.assertRaises(reviews.NotReviewable):
                self.save(interview)
            self.assertEqual(written.tables, {}, interview.status)

    def test_what_was_declined_is_not_rated(self) -> None:
        interview = make.opened(make.invited())
        opening.ask_for_a_person(interview)

        with self.assertRaises(reviews.NotReviewable):
            self.save(interview)

    def test_what_was_not_finished_in_time_is_rated(self) -> None:
        interview = make.started()
        make.replied(interview)
        make.overdue(interview)
        lifecycle.close_overdue(interview_id=interview.pk)

        self.assertEqual(self.save(interview).status, "submitted")


class ReviewPageTests(ReviewCase):
    def setUp(self) -> None:
        super().setUp()
        self.page = reverse("portal_interview", args=[self.interview.pk])
        self.url = reverse("portal_review", args=[self.interview.pk])
        self.draft_url = reverse("portal_review_draft", args=[self.interview.pk])
        self.client = make.signed_in(self.reviewer)

    def test_a_note_that_was_written_before_its_rating_is_kept_and_is_no_rating(self) -> None:
        form = {"rating-sql": "4", "note-candour": "She said what went wrong."}
        self.assertEqual(self.client.post(self.draft_url, form).status_code, 200)

        self.assertContains(self.client.get(self.page), "She said what went wrong.")
        self.assertEqual(self.client.post(self.url, form | {"rating-listening": "2"}).status_code, 400)
        self.assertEqual(Review.objects.get().status, "draft")
        self.assertEqual(
            self.client.post(self.url, form | {"rating-listening": "2", "rating-candour": "N"}).status_code, 303
        )
        self.assertEqual(Review.objects.get().status, "submitted")

    def test_a_draft_is_saved_without_a_page_and_shown_again(self) -> None:
        response = self.client.post(self.draft_url, {"rating-sql": "4", "note-sql": "Measured first."})

        self.assertEqual((response.status_code, self.levels()), (200, {"sql": 4}))
        self.assertContains(self.client.get(self.page), "Measured first.")
        self.assertNotIn(b"Measured", b"".join(make.stored(ReviewRating, "note")))

    def test_submitting_unlocks_the_page(self) -> None:
        self.assertContains(self.client.get(self.page), "Locked until your review is in")

        response = self.client.post(self.url, COMPLETE)

        self.assertRedirects(response, self.page, status_code=303)
        self.assertEqual(self.levels(), {"sql": 4, "listening": 2, "candour": None})
        self.assertNotContains(self.client.get(self.page), "Locked until your review is in")

    def test_an_incomplete_form_keeps_a_draft_and_submits_nothing(self) -> None:
        response = self.client.post(self.url, {"rating-sql": "4", "note-sql": "Measured first."})

        self.assertContains(response, "Nothing was submitted.", status_code=400)
        self.assertContains(response, "Measured first.", status_code=400)
        self.assertEqual((Review.objects.get().status, self.levels()), ("draft", {"sql": 4}))

    def test_a_level_that_is_none_submits_nothing(self) -> None:
        for level in ("6", "0", "-1", "x", "NaN", "4.5", "n"):
            response = self.client.post(self.url, COMPLETE | {"rating-sql": level})
            self.assertEqual(response.status_code, 400, level)

        self.assertFalse(Review.objects.filter(status="submitted").exists())

    def test_after_submitting_forms_change_nothing(self) -> None:
        self.client.post(self.url, COMPLETE)

        changed = COMPLETE | {"rating-sql": "1"}
        codes = [self.client.post(url, changed).status_code for url in (self.url, self.draft_url)]

        self.assertEqual((codes, self.levels()), ([303, 409], {"sql": 4, "listening": 2, "candour": None}))

    def test_others_see_neither_ratings_nor_notes_until_their_own_are_in(self) -> None:
        self.client.post(self.url, COMPLETE)
        other = make.signed_in(make.staff(Role.RECRUITER))

        for act in (lambda: None, lambda: other.post(self.draft_url, COMPLETE | {"note-sql": "Mine."})):
            act()
            page = other.get(self.page)
            self.assertNotContains(page, "Measured first.")
            self.assertNotContains(page, "Everybody")
        self.assertNotContains(self.client.get(self.page), "Mine.")
        other.post(self.url, COMPLETE | {"note-sql": "Mine."})

        self.assertContains(other.get(self.page), "Measured first.")
        self.assertContains(self.client.get(self.page), "Mine.")

    def test_strangers_other_tenants_and_roles_without_reviews_rate_nothing(self) -> None:
        with self.in_tenant(OTHER):
            theirs = make.signed_in(make.staff(Role.OWNER), OTHER)
        auditor = make.signed_in(make.staff(Role.AUDITOR))
        for url in (self.url, self.draft_url):
            with make.writes() as written:
                codes = [
                    client.post(url, COMPLETE).status_code
                    for client in (TenantClient(), make.carried(theirs), auditor, theirs)
                ]

            self.assertEqual((codes, written.tables), ([302, 302, 403, 404], {}))
        self.assertEqual(Review.objects.count(), 0)

    def test_a_candidate_rates_nobody(self) -> None:
        client = make.browser(self.interview.invitations.get())

        with make.writes() as written:
            self.assertEqual(client.post(self.url, COMPLETE).status_code, 302)

        self.assertEqual(written.tables, {})
