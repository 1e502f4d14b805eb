"""What the panel and the figures say of disagreements."""

from accounts.roles import Role
from compliance.audit.models import AuditEvent
from interviews.models import CompetencyRating, Decision, Evaluation, Quote
from interviews.services import decisions
from interviews.services.jobs import publish_job
from interviews.tests import make
from interviews.tests.disagreeing import DisagreementCase


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
