"""Beside the AI: how far apart, why, and until when the reasons may change."""

from django.db import DatabaseError, transaction
from django.urls import reverse

from accounts.roles import NotPermitted, Role
from compliance.audit.models import AuditEvent
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import CompetencyRating, Decision, Disagreement, Evaluation, Interview, Quote
from interviews.selectors import comparison
from interviews.services import decisions, disagreements, reviews, standing
from interviews.services.disagreements import Reason
from interviews.services.jobs import publish_job
from interviews.tests import make


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


class DisagreementCase(TenantTestCase):
    """A person rated 4 everywhere; the AI 1 on SQL, 3 on listening and 4 on candour."""

    def setUp(self) -> None:
        super().setUp()
        self.interview: Interview = make.evaluated()
        self.found(sql=1, listening=3, candour=4)
        self.person = make.staff()
        self.client = make.signed_in(self.person)
        self.page = reverse("portal_interview", args=[self.interview.pk])
        self.url = reverse("portal_disagree", args=[self.interview.pk])

    def found(self, **levels: int | None) -> None:
        for key, level in levels.items():
            rows = CompetencyRating.objects.filter(evaluation__interview=self.interview, competency__key=key)
            rows.update(level=level, withheld="")

    def explain(self, **codes: str) -> None:
        reasons = {key: Reason(code, "In words.") for key, code in codes.items()}
        self.give(reasons)

    def give(self, reasons: dict[str, Reason]) -> None:
        result = make.result_of(self.interview)
        disagreements.explain(interview_id=self.interview.pk, by=self.person, reasons=reasons, result=result)

    def codes(self) -> dict[str, str]:
        return dict(Disagreement.objects.values_list("rating__competency__key", "code"))


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


class WhatThePanelSaysTests(DisagreementCase):
    def setUp(self) -> None:
        super().setUp()
        make.reviewed(self.interview, self.person)
        self.rating = CompetencyRating.objects.get(evaluation__interview=self.interview, competency__key="sql")

    def test_a_withheld_rating_says_that_a_person_rates_it_and_why(self) -> None:
        for kind, words in CompetencyRating.Withheld.choices:
            CompetencyRating.objects.filter(pk=self.rating.pk).update(level=None, withheld=kind)
            page = self.client.get(self.page)
            self.assertContains(page, "A person has to rate this")
            self.assertContains(page, f"{words}.")
            self.assertNotContains(page, 'name="reason-sql"')

    def test_spread_counter_evidence_answers_left_out_and_the_reason_are_shown(self) -> None:
        CompetencyRating.objects.filter(pk=self.rating.pk).update(spread=2, left_out=3)
        turn = self.interview.turns.all()[0]
        Quote.objects.create(rating=self.rating, turn=turn, kind="counters", start=2, end=14)
        Evaluation.objects.update(recommendation="no_hire", reason="under_maybe", without=[str(turn.pk)])

        page = self.client.get(self.page)

        for words in (
            "its passes are 2 levels apart",
            "Speaks against the level",
            f"“{make.ANSWERS[0][2:14]}”",
            "3 answers did not fit",
            "The overall is below the bar for maybe.",
            "because the candidate contests it: question 1.",
            "It compares words by fixed rules",
        ):
            self.assertContains(page, words)

    def test_ratings_by_another_rubric_are_paired_by_the_competencys_key(self) -> None:
        newer = publish_job(plan=make.PLAN, by=make.staff(Role.ADMIN)).current_version
        assert newer is not None
        Evaluation.objects.update(rubric=newer)
        for row in newer.competencies.all():
            CompetencyRating.objects.filter(competency__key=row.key).update(competency=row)

        page = self.client.get(self.page)

        self.assertContains(page, "Scored anew under the scorecard of version 2")
        self.assertContains(page, "two levels or more apart")
        self.explain(sql="missed")
        self.assertEqual(self.codes(), {"sql": "missed"})


class OverrideTests(DisagreementCase):
    def shown(self, recommended: str, outcome: str) -> bool:
        Evaluation.objects.update(recommendation=recommended)
        found = Decision.objects.filter(superseded_by=None).first()
        code = "missing_requirement" if outcome == "reject" else "meets_requirements"
        decisions.decide(
            interview_id=self.interview.pk,
            by=self.person,
            outcome=outcome,
            reason_code=code,
            reason=f"{recommended} {outcome}",
            result=make.result_of(self.interview),
            seen=found.pk if found else None,
        )
        return "against the AI" in self.client.get(self.page).content.decode()

    def test_a_decision_is_against_the_proposal_where_it_says_the_opposite(self) -> None:
        make.reviewed(self.interview, self.person)
        table = {
            ("hire", "reject"): True,
            ("no_hire", "advance"): True,
            ("hire", "advance"): False,
            ("hire", "hold"): False,
            ("no_hire", "reject"): False,
            ("maybe", "reject"): False,
            ("", "advance"): False,
        }

        self.assertEqual({pair: self.shown(*pair) for pair in table}, table)

    def test_the_trail_which_who_must_still_rate_may_read_does_not_tell_it(self) -> None:
        make.reviewed(self.interview, self.person)
        self.assertTrue(self.shown("hire", "reject"))

        self.assertEqual(
            AuditEvent.objects.get(action="decision.made").detail,
            {"outcome": "reject", "reason_code": "missing_requirement"},
        )

    def test_a_proposal_that_is_made_later_does_not_make_an_old_decision_one_against_it(self) -> None:
        make.reviewed(self.interview, self.person)
        self.assertFalse(self.shown("maybe", "reject"))
        Evaluation.objects.update(status="superseded")
        decided_at = Decision.objects.get().decided_at
        Evaluation.objects.create(
            interview=self.interview,
            subject_id=self.interview.subject_id,
            status="ready",
            recommendation="hire",
            finished_at=decided_at + (decided_at - self.interview.created_at),
        )

        self.assertNotContains(self.client.get(self.page), "against the AI")
