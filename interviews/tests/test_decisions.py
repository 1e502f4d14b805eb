"""Decisions: by a named person, with a reason, on evidence; inserted once and never edited."""

from datetime import timedelta
from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.roles import NotPermitted, Role
from core import clock
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Application, Decision, Evaluation, Interview, Review
from interviews.services import decisions
from interviews.tests import make, team

FORM = {"outcome": "advance", "reason_code": "meets_requirements", "reason_text": "She measured first."}


class DecisionCase(TenantTestCase):
    """An evaluated interview, and who decides on it."""

    interview: Interview
    person: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.evaluated()
        cls.person = make.staff(email="rosa@staff.example", name="Rosa Parks")


class DecideTests(DecisionCase):
    def decide(self, by: User | None = None, **changes: Any) -> Decision:
        asked: dict[str, Any] = {
            "outcome": "advance",
            "reason_code": "meets_requirements",
            "reason": "She measured first.",
            "result": make.result_of(self.interview),
        } | changes
        if asked["outcome"] == "reject":
            asked["reason_code"] = "position_closed"
        return decisions.decide(interview_id=self.interview.pk, by=by or self.person, **asked)

    def assert_undecided(self, written: make.Writes) -> None:
        self.assertEqual((Decision.objects.count(), written.tables), (0, {}))
        self.assertNotIn(Application.objects.get().stage, Application.DECIDED)

    def test_it_rests_on_the_persons_own_review_and_moves_the_stage_in_their_name(self) -> None:
        review = make.reviewed(self.interview, self.person)

        decision = self.decide()

        self.assertEqual((decision.review, decision.evaluation, decision.decided_by), (review, None, self.person))
        application = Application.objects.get()
        self.assertEqual((application.stage, application.stage_by), ("advanced", self.person))
        assert application.stage_at
        self.assertAlmostEqual(application.stage_at, clock.now(), delta=timedelta(minutes=1))
        self.assertEqual(make.actions("decision."), ["decision.made"])
        self.assertNotIn(b"measured", b"".join(make.stored(Decision, "reason")))

    def test_each_outcome_has_its_stage(self) -> None:
        make.reviewed(self.interview, self.person)

        seen = None
        for outcome, stage in (("hold", "on_hold"), ("reject", "rejected"), ("advance", "advanced")):
            seen = self.decide(outcome=outcome, seen=seen).pk
            self.assertEqual(Application.objects.get().stage, stage)

    def test_the_same_click_again_is_the_same_decision(self) -> None:
        make.reviewed(self.interview, self.person)
        first = self.decide()

        with make.writes() as written:
            again = self.decide()

        self.assertEqual((again, Decision.objects.count(), written.tables), (first, 1, {}))

    def test_whoever_has_not_seen_the_standing_decision_does_not_replace_it(self) -> None:
        manager = team.staff_of(self.interview, Role.HIRING_MANAGER)
        for person in (self.person, manager):
            make.reviewed(self.interview, person)
        first = self.decide()
        second = self.decide(outcome="hold", seen=first.pk)

        for seen in (None, first.pk):
            with make.writes() as written, self.assertRaises(decisions.DecidedMeanwhile):
                self.decide(by=manager, outcome="reject", seen=seen)
            self.assertEqual(written.tables, {})

        self.assertEqual(Decision.objects.get(superseded_by=None), second)
        self.assertEqual(Application.objects.get().stage, "on_hold")

    def test_without_a_review_a_provisional_evaluation_is_nothing_to_rest_on(self) -> None:
        self.assertEqual(Evaluation.objects.get().status, "provisional")

        with make.writes() as written, self.assertRaises(decisions.NothingToRestOn):
            self.decide()

        self.assert_undecided(written)

    def test_an_evaluation_that_is_not_ready_is_nothing_to_rest_on(self) -> None:
        for status in ("owed", "running", "failed", "superseded"):
            Evaluation.objects.update(status=status)
            with make.writes() as written, self.assertRaises(decisions.NothingToRestOn):
                self.decide()
            self.assert_undecided(written)

    def test_a_ready_evaluation_is_named_too_but_alone_it_is_not_enough_since_nobody_unlocked_it(self) -> None:
        self.interview = make.evaluated_by_model(make.invited("joan@example.org"))
        with self.assertRaises(decisions.NothingToRestOn):
            self.decide()
        self.assertEqual(Decision.objects.count(), 0)
        review = make.reviewed(self.interview, self.person)

        decision = self.decide()

        self.assertEqual((decision.evaluation, decision.review), (self.interview.evaluations.get(), review))

    def test_somebody_elses_review_is_nothing_to_rest_on(self) -> None:
        make.reviewed(self.interview, team.staff_of(self.interview, Role.HIRING_MANAGER))

        with make.writes() as written, self.assertRaises(decisions.NothingToRestOn):
            self.decide()

        self.assert_undecided(written)

    def test_ones_own_draft_is_nothing_to_rest_on(self) -> None:
        make.reviewed(self.interview, self.person)
        Review.objects.update(status="draft")

        with make.writes() as written, self.assertRaises(decisions.NothingToRestOn):
            self.decide()

        self.assert_undecided(written)

    def test_without_a_reason_in_a_code_and_in_words_nothing_is_decided(self) -> None:
        make.reviewed(self.interview, self.person)
        bad: list[dict[str, Any]] = [{"reason": text} for text in ("", "  \n", "a\x00b", "x" * 2001)]
        bad += [{"reason_code": ""}, {"reason_code": "mood"}, {"outcome": ""}, {"outcome": "hire"}]
        for changes in bad:
            with make.writes() as written, self.assertRaises(decisions.ReasonMissing):
                self.decide(**changes)
            self.assert_undecided(written)

    def test_a_reason_that_does_not_fit_the_outcome_is_refused(self) -> None:
        make.reviewed(self.interview, self.person)
        for outcome, reason_code in (("reject", "meets_requirements"), ("advance", "missing_requirement")):
            with make.writes() as written, self.assertRaises(decisions.ReasonMissing):
                decisions.decide(
                    interview_id=self.interview.pk,
                    by=self.person,
                    outcome=outcome,
                    reason_code=reason_code,
                    reason="No.",
                    result=make.result_of(self.interview),
                )
            self.assert_undecided(written)

    def test_a_role_that_may_not_decide_is_refused(self) -> None:
        for role in (Role.REVIEWER, Role.AUDITOR):
            person = make.staff(role)
            with make.writes() as written, self.assertRaises(NotPermitted):
                self.decide(by=person)
            self.assert_undecided(written)

    def test_a_later_decision_supersedes_and_keeps_the_earlier_one(self) -> None:
        make.reviewed(self.interview, self.person)
        first = self.decide(reason="She measured first.")
        manager = team.staff_of(self.interview, Role.HIRING_MANAGER)
        make.reviewed(self.interview, manager)

        second = self.decide(by=manager, outcome="reject", reason="The role was filled.", seen=first.pk)

        self.assertEqual((second.supersedes, second.decided_by), (first, manager))
        first.refresh_from_db()
        self.assertEqual(
            (first.outcome, first.reason, first.decided_by), ("advance", "She measured first.", self.person)
        )
        application = Application.objects.get()
        self.assertEqual((application.stage, application.stage_by), ("rejected", manager))
        self.assertEqual(Decision.objects.filter(superseded_by=None).get(), second)


class DecisionPageTests(DecisionCase):
    def setUp(self) -> None:
        super().setUp()
        self.url = reverse("portal_decide", args=[self.interview.pk])
        self.page = reverse("portal_interview", args=[self.interview.pk])
        self.client = make.signed_in(self.person)
        self.form = FORM | {"result": str(make.result_of(self.interview))}

    def test_a_decision_stands_under_the_persons_name(self) -> None:
        make.reviewed(self.interview, self.person)

        response = self.client.post(self.url, self.form, follow=True)

        self.assertRedirects(response, self.page, status_code=303)
        self.assertContains(response, "Decided by Rosa Parks on")
        self.assertContains(response, "She measured first.")

    def test_deciding_anew_replaces_the_decision_that_the_page_showed(self) -> None:
        make.reviewed(self.interview, self.person)
        self.client.post(self.url, self.form)
        standing = Decision.objects.get()
        self.assertContains(self.client.get(self.page), f'name="seen" value="{standing.pk}"')

        stale = self.client.post(self.url, self.form | {"outcome": "hold"}, follow=True)
        self.assertContains(stale, "Somebody decided meanwhile.")
        self.client.post(self.url, self.form | {"outcome": "hold", "seen": str(standing.pk)})

        self.assertEqual(list(Decision.objects.order_by("pk").values_list("outcome", flat=True)), ["advance", "hold"])

    def test_before_the_own_review_nothing_is_decided_and_the_page_says_why(self) -> None:
        response = self.client.post(self.url, self.form, follow=True)

        self.assertContains(response, "Submit your own review first")
        self.assertEqual((Decision.objects.count(), Application.objects.get().stage), (0, "invited"))

    def test_a_form_without_a_reason_comes_back(self) -> None:
        make.reviewed(self.interview, self.person)

        for changes in (
            {"reason_text": ""},
            {"reason_code": ""},
            {"outcome": "reject"},
            {"reason_code": "mood"},
            {"outcome": "hire"},
            {"reason_text": "a\x01b"},
        ):
            self.assertEqual(self.client.post(self.url, self.form | changes).status_code, 400, changes)

        self.assertEqual(Decision.objects.count(), 0)

    def test_strangers_other_tenants_and_roles_that_may_not_decide_nothing(self) -> None:
        reviewer = team.staff_of(self.interview, Role.REVIEWER)
        make.reviewed(self.interview, reviewer)
        with self.in_tenant(OTHER):
            theirs = make.signed_in(make.staff(Role.OWNER), OTHER)
        clients = (TenantClient(), make.carried(theirs), theirs, make.signed_in(reviewer))
        with make.writes() as written:
            codes = [client.post(self.url, self.form).status_code for client in clients]

        self.assertEqual((codes, written.tables), ([302, 302, 404, 403], {}))
        self.assertEqual((Decision.objects.count(), Application.objects.get().stage), (0, "review"))

    def test_a_candidate_decides_nothing(self) -> None:
        client = make.browser(self.interview.invitations.get())

        self.assertEqual(client.post(self.url, self.form).status_code, 302)
        self.assertEqual((Decision.objects.count(), Interview.objects.get().status), (0, "completed"))
