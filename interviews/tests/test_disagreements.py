"""Beside the AI: how far apart, why, and until when the reasons may change."""

from django.db import DatabaseError, transaction

from accounts.roles import NotPermitted, Role
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import CompetencyRating, Disagreement, Interview
from interviews.selectors import comparison
from interviews.services import disagreements, reviews, standing
from interviews.services.disagreements import Reason
from interviews.tests import make
from interviews.tests.disagreeing import DisagreementCase


class AgreementTests(TenantTestCase):
    def test_two_levels_are_the_same_one_apart_or_more_and_no_evidence_is_no_level(self) -> None:
        table = {
            (3, 3): "same",
            (3, 4): "one_apart",
            (2, 4): "far_apart",
            (1, 5): "far_apart",
            (None, 5): "one_sided",
            (1, None): "one_sided",
            (None, None): "same",
        }
        self.assertEqual({pair: comparison.agreement(*pair) for pair in table}, table)


class ExplainTests(DisagreementCase):
    def test_a_reason_is_a_row_of_the_review_and_the_ais_rating_and_its_words_are_sealed(self) -> None:
        review = make.reviewed(self.interview, self.person)

        self.explain(sql="missed")

        row = Disagreement.objects.get()
        self.assertEqual((row.review, row.rating.level, row.code, row.words), (review, 1, "missed", "In words."))
        self.assertNotIn(b"In words", b"".join(make.stored(Disagreement, "words")))
        self.assertEqual(make.actions("review."), ["review.submitted", "review.explained"])

    def test_it_changes_and_one_for_a_single_level_is_taken_back(self) -> None:
        make.reviewed(self.interview, self.person)
        self.explain(sql="missed", listening="scale")

        self.explain(sql="context")
        self.give({"listening": Reason("")})

        self.assertEqual(self.codes(), {"sql": "context"})

    def test_what_does_not_fit_is_refused_whole_and_nothing_is_stored(self) -> None:
        make.reviewed(self.interview, self.person)
        for reasons in (
            {"sql": Reason("missed"), "candour": Reason("missed")},  # no difference there
            {"sql": Reason("missed"), "welding": Reason("missed")},
            {"sql": Reason("")},  # three levels apart
            {"sql": Reason("because")},
            {"listening": Reason("", "Words without a code.")},
            {"sql": Reason("missed", "x" * 2001)},
            {"sql": Reason("missed", "a\x00b")},
        ):
            with self.assertRaises(disagreements.ReasonRefused):
                self.give(reasons)

        self.assertEqual(self.codes(), {})

    def test_there_is_nothing_to_disagree_with_before_the_own_review_is_in(self) -> None:
        reviews.save_review(
            interview_id=self.interview.pk, by=self.person, ratings=make.ratings(self.interview), submit=False
        )

        with make.writes() as written, self.assertRaises(disagreements.NothingToCompare):
            self.explain(sql="missed")

        self.assertEqual(written.tables, {})

    def test_once_somebody_decided_the_reasons_stand(self) -> None:
        make.reviewed(self.interview, self.person)
        self.explain(sql="missed")
        make.decided(self.interview, self.person)

        with self.assertRaises(disagreements.DecidedAlready):
            self.explain(sql="context")
        for act in (
            lambda: Disagreement.objects.update(code="context"),
            lambda: Disagreement.objects.all().delete(),
        ):
            with self.assertRaisesMessage(DatabaseError, "stands once somebody has decided"), transaction.atomic():
                act()

        self.assertEqual(self.codes(), {"sql": "missed"})

    def test_nothing_more_is_written_about_who_withdrew_and_the_page_asks_nothing(self) -> None:
        make.reviewed(self.interview, self.person)
        seen = str(make.result_of(self.interview))
        for status in ("withdrawn", "erased"):
            Interview.objects.filter(pk=self.interview.pk).update(status=status)
            with make.writes() as written, self.assertRaises(standing.Withdrawn):
                self.explain(sql="missed")
            self.assertEqual(written.tables, {})
            response = self.client.post(self.url, {"reason-sql": "missed", "result": seen}, follow=True)
            self.assertContains(response, "The candidate withdrew")
            self.assertNotContains(response, 'name="reason-sql"')

        self.assertEqual(self.codes(), {})

    def test_the_database_refuses_a_reason_of_a_draft_and_one_about_another_interview(self) -> None:
        draft = reviews.save_review(
            interview_id=self.interview.pk, by=self.person, ratings=make.ratings(self.interview), submit=False
        )
        mine = make.reviewed(self.interview, make.staff(Role.OWNER))
        other = make.evaluated(make.invited("joan@example.org"))
        theirs = CompetencyRating.objects.filter(evaluation__interview=other)[0]
        ours = CompetencyRating.objects.filter(evaluation__interview=self.interview)[0]
        for review, rating in ((draft, ours), (mine, theirs)):
            row = Disagreement(review=review, rating=rating, subject_id=self.interview.subject_id, code="other")
            row.written_at = mine.created_at
            with self.assertRaisesMessage(DatabaseError, "Only who has rated"), transaction.atomic():
                row.save()

        self.assertEqual(Disagreement.objects.count(), 0)

    def test_a_role_that_does_not_rate_is_refused(self) -> None:
        with make.writes() as written, self.assertRaises(NotPermitted):
            disagreements.explain(interview_id=self.interview.pk, by=make.staff(Role.AUDITOR), reasons={}, result=None)

        self.assertNotIn("alpha.interviews_disagreement", written.tables)


class DisagreePageTests(DisagreementCase):
    def setUp(self) -> None:
        super().setUp()
        make.reviewed(self.interview, self.person)
        self.seen = {"result": str(make.result_of(self.interview))}

    def test_the_panel_says_how_far_apart_and_asks_why(self) -> None:
        html = self.client.get(self.page).content.decode()

        self.assertEqual([html.count(f'name="reason-{key}"') for key in ("sql", "listening", "candour")], [1, 1, 0])
        for words in ("two levels or more apart", "one level apart", "same as you"):
            self.assertIn(words, html)
        self.assertIn("1 difference of two levels or more has no reason yet", html)

    def test_a_reason_is_saved_and_shown_and_stands_after_the_decision(self) -> None:
        form = self.seen | {"reason-sql": "misread", "words-sql": "It says the opposite.", "reason-listening": ""}
        self.assertEqual(self.client.post(self.url, form).status_code, 303)
        self.assertContains(self.client.get(self.page), "It says the opposite.</textarea>")
        make.decided(self.interview, self.person)

        response = self.client.post(self.url, self.seen | {"reason-sql": "context"})

        self.assertEqual((response.status_code, self.codes()), (303, {"sql": "misread"}))
        page = self.client.get(self.page)
        self.assertContains(page, "A quote does not show what the AI says. It says the opposite.")
        self.assertNotContains(page, 'name="reason-sql"')

    def test_a_refused_form_comes_back_with_what_was_typed(self) -> None:
        response = self.client.post(self.url, self.seen | {"reason-sql": "", "words-sql": "Half a thought."})

        self.assertContains(response, "Nothing was saved.", status_code=400)
        self.assertContains(response, "Half a thought.", status_code=400)
        self.assertEqual(self.codes(), {})

    def test_strangers_other_tenants_and_roles_that_do_not_rate_explain_nothing(self) -> None:
        with self.in_tenant(OTHER):
            theirs = make.signed_in(make.staff(Role.OWNER), OTHER)
        auditor, unassigned = make.signed_in(make.staff(Role.AUDITOR)), make.signed_in(make.staff(Role.REVIEWER))
        candidate = make.browser(self.interview.invitations.get())
        clients = (TenantClient(), make.carried(theirs), candidate, auditor, unassigned, theirs)
        with make.writes() as written:
            codes = [client.post(self.url, {"reason-sql": "missed"}).status_code for client in clients]

        self.assertEqual((codes, written.tables, self.codes()), ([302, 302, 302, 403, 404, 404], {}, {}))

    def test_somebody_else_who_has_not_rated_is_told_to_rate_first(self) -> None:
        other = make.signed_in(make.staff(Role.OWNER))

        with make.writes() as written:
            response = other.post(self.url, {"reason-sql": "missed"})

        self.assertEqual((response.status_code, set(written.tables)), (303, {"alpha.staff_session"}))  # the message
        self.assertContains(other.get(self.page), "submit your own review first")
