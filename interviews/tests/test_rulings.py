"""A person rules on a contest, once, with a reason. Upheld, the answer is left out for good, and both results stay."""

from django.db import DatabaseError, transaction
from django.urls import reverse

from accounts.roles import NotPermitted, Role
from core.testing import OTHER, TenantClient
from interviews.models import Contest, Evaluation, Interview, Review, Turn
from interviews.services import afterwards, evaluations, replaying, rulings, standing
from interviews.tests import make, team
from interviews.tests.cases import ResultCase
from interviews.tests.test_contests import contested
from llm.tests.asking import using
from tests.mock_model import MockModel

WHY = "It asked two things at once."


def ruled(contest: Contest, *, upheld: bool = True, ruling: str = WHY) -> Contest:
    return rulings.rule(contest_id=contest.pk, by=make.staff(), upheld=upheld, ruling=ruling)


def run_owed(interview: Interview) -> Evaluation:
    """Run the evaluation that is owed, with a model that answers."""
    owed = interview.evaluations.get(status="owed")
    with MockModel() as model, using(model):
        evaluations.run(evaluation_id=owed.pk)
    owed.refresh_from_db()
    return owed


def levels(evaluation: Evaluation) -> dict[str, int | None]:
    return {rating.competency.key: rating.level for rating in evaluation.ratings.select_related("competency")}


class RulingCase(ResultCase):
    first: Evaluation
    contest: Contest

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.first = cls.interview.evaluations.get()
        cls.contest = contested(cls.interview)

    def statuses(self) -> list[str]:
        return list(self.interview.evaluations.order_by("created_at").values_list("status", flat=True))


class UpheldTests(RulingCase):
    def test_the_answer_is_left_out_of_a_new_evaluation_and_both_are_kept(self) -> None:
        contest, before = contested(self.interview, 1), levels(self.first)
        quotes = self.first.ratings.filter(quotes__turn=contest.turn).count()

        ruled(contest)
        second = run_owed(self.interview)

        self.assertEqual(self.statuses(), ["superseded", "ready"])
        self.assertEqual((self.first.without, second.without), ([], [str(contest.turn_id)]))
        self.assertEqual(levels(Evaluation.objects.get(pk=self.first.pk)), before)
        self.assertGreater(quotes, 0)
        self.assertEqual(second.ratings.filter(quotes__turn=contest.turn).count(), 0)
        self.assertNotEqual(self.first.input_hash, second.input_hash)
        self.assertEqual((second.rubric, make.owed("evaluation")), (self.first.rubric, []))

    def test_nothing_of_the_transcript_is_cleared(self) -> None:
        kept = list(self.interview.turns.values_list("pk", "status", "number"))
        sealed = make.stored(Turn, "answer")

        ruled(self.contest)
        run_owed(self.interview)

        self.assertEqual(list(self.interview.turns.values_list("pk", "status", "number")), kept)
        self.assertEqual(make.stored(Turn, "answer"), sealed)
        self.assertEqual(self.interview.receipt_hash, Interview.objects.get(pk=self.interview.pk).receipt_hash)

    def test_both_are_derived_again_without_a_difference(self) -> None:
        ruled(self.contest)
        second = run_owed(self.interview)

        for evaluation in (self.first, second):
            self.assertEqual(replaying.replay(evaluation_id=evaluation.pk).differences, ())

    def test_the_ruling_names_a_person_and_a_reason_and_ends_the_request(self) -> None:
        make.read_what_is_kept()
        ruled(self.contest)

        kept = Contest.objects.select_related("request").get()
        self.assertEqual((kept.status, kept.ruled_by, kept.ruling), ("upheld", self.person, WHY))
        self.assertEqual((kept.request.handled_by, kept.request.handled_at), (self.person, kept.ruled_at))
        self.assertNotIn(b"two things", make.stored(Contest, "ruling")[0])
        self.assertEqual(make.actions("contest."), ["contest.made", "contest.upheld"])
        self.assertEqual(make.actions("evaluation."), ["evaluation.finished", "evaluation.superseded"])

    def test_what_was_rated_and_decided_stays_and_the_page_says_what_it_rests_on(self) -> None:
        make.reviewed(self.interview, self.person)
        decision = make.decided(self.interview, self.person)
        note = "rests on the result before it"
        page = reverse("portal_interview", args=[self.interview.pk])
        self.assertNotContains(self.client.get(page), note)

        ruled(self.contest)
        run_owed(self.interview)

        review = Review.objects.get()
        self.assertEqual((review.status, review.ratings.count()), ("submitted", 3))
        decision.refresh_from_db()
        self.assertEqual((decision.evaluation_id, decision.outcome), (self.first.pk, "advance"))
        self.assertContains(self.client.get(page), note)

    def test_a_decision_after_it_rests_on_the_new_result(self) -> None:
        ruled(self.contest)
        second = run_owed(self.interview)
        make.reviewed(self.interview, self.person)

        decision = make.decided(self.interview, self.person)

        page = self.client.get(reverse("portal_interview", args=[self.interview.pk]))
        self.assertEqual(decision.evaluation_id, second.pk)
        self.assertNotContains(page, "rests on the result before it")

    def test_every_later_evaluation_leaves_it_out_too(self) -> None:
        ruled(self.contest)
        run_owed(self.interview)
        other = contested(self.interview, 1)
        ruled(other)

        third = run_owed(self.interview)

        self.assertEqual(third.without, [str(other.turn_id), str(self.contest.turn_id)])
        self.assertEqual((set(levels(third).values()), third.overall, third.recommendation), ({None}, None, ""))
        self.assertEqual(self.statuses(), ["superseded", "superseded", "ready"])
        self.assertEqual(replaying.replay(evaluation_id=third.pk).differences, ())

    def test_the_candidate_reads_the_outcome_and_no_result(self) -> None:
        ruled(self.contest)
        run_owed(self.interview)

        page = make.browser(self.invited.invitation).get(reverse("candidate_home", args=[self.interview.pk]))

        self.assertContains(page, "this answer does not count")
        self.assertContains(page, WHY)
        for word in ("Level", "level", "of 5", "Suggestion", self.person.name):
            self.assertNotContains(page, word)


class DeclinedTests(RulingCase):
    def test_nothing_is_evaluated_anew_and_the_candidate_reads_why(self) -> None:
        ruled(self.contest, upheld=False, ruling="The question was clear to the others who read it.")

        self.assertEqual((self.statuses(), make.owed("evaluation")), (["ready"], []))
        self.assertEqual(make.actions("contest."), ["contest.made", "contest.declined"])
        page = make.browser(self.invited.invitation).get(reverse("candidate_home", args=[self.interview.pk]))
        self.assertContains(page, "this answer counts")
        self.assertContains(page, "The question was clear to the others")

    def test_it_can_not_be_contested_again_and_a_later_evaluation_keeps_the_answer(self) -> None:
        ruled(self.contest, upheld=False)

        with self.assertRaisesMessage(Exception, ""), transaction.atomic():
            contested(self.interview)
        self.assertEqual(Contest.objects.count(), 1)
        evaluation = self.first
        Evaluation.objects.filter(pk=evaluation.pk).update(status="superseded")
        self.assertEqual(evaluations.owe(self.interview).without, [])


class RefusedTests(RulingCase):
    def test_a_ruling_needs_a_reason_in_plain_text(self) -> None:
        url = reverse("portal_contest", args=[self.contest.pk])
        for words in ("", "  ", "a\x00b", "x" * 2001):
            response = self.client.post(url, {"upheld": "yes", "ruling": words})
            self.assertEqual(response.status_code, 400, words[:5])
        self.assertEqual(self.client.post(url, {"ruling": WHY}).status_code, 400)
        self.assertEqual(self.client.post(url, {"upheld": "maybe", "ruling": WHY}).status_code, 400)

        with self.assertRaises(rulings.RulingMissing):
            ruled(self.contest, ruling=" ")
        self.assertEqual((Contest.objects.get().status, self.statuses()), ("open", ["ready"]))

    def test_a_second_ruling_changes_nothing(self) -> None:
        ruled(self.contest)
        with make.writes() as written, self.assertRaises(rulings.AlreadyRuled):
            ruled(Contest.objects.get(), upheld=False, ruling="On second thought.")

        self.assertEqual((Contest.objects.get().ruling, written.tables), (WHY, {}))
        self.assertEqual(self.statuses(), ["superseded", "owed"])

    def test_the_database_itself_refuses_another_ruling_and_one_without_a_person(self) -> None:
        with self.assertRaises(DatabaseError), transaction.atomic():
            Contest.objects.update(status="upheld")
        ruled(self.contest)
        with self.assertRaises(DatabaseError), transaction.atomic():
            Contest.objects.update(status="declined")

        self.assertEqual(Contest.objects.get().status, "upheld")

    def test_who_may_not_handle_requests_may_neither_look_nor_rule(self) -> None:
        url = reverse("portal_contest", args=[self.contest.pk])
        for role, code in ((Role.HIRING_MANAGER, 403), (Role.REVIEWER, 403), (Role.AUDITOR, 403)):
            user = team.staff_of(self.interview, role)
            client = make.signed_in(user)
            with make.writes() as written:
                codes = [client.get(url).status_code, client.post(url, {"upheld": "yes", "ruling": WHY}).status_code]
            self.assertEqual((codes, written.tables), ([code, code], {}), role)
            with self.assertRaises(NotPermitted):
                rulings.rule(contest_id=self.contest.pk, by=user, upheld=True, ruling=WHY)

        self.assertEqual(Contest.objects.get().status, "open")

    def test_nobody_and_another_tenants_people_find_nothing(self) -> None:
        url = reverse("portal_contest", args=[self.contest.pk])
        with make.writes() as written:
            anonymous = TenantClient().post(url, {"upheld": "yes", "ruling": WHY})
        self.assertEqual((anonymous.status_code, written.tables), (302, {}))
        with self.in_tenant(OTHER):
            stranger = make.signed_in(make.staff(), OTHER)
            with make.writes() as written:
                codes = [
                    stranger.get(url).status_code,
                    stranger.post(url, {"upheld": "yes", "ruling": WHY}).status_code,
                ]
            with self.assertRaises(Contest.DoesNotExist):
                rulings.rule(contest_id=self.contest.pk, by=make.staff(), upheld=True, ruling=WHY)
        self.assertEqual((codes, written.tables), ([404, 404], {}))
        self.assertEqual((Contest.objects.get().status, self.statuses()), ("open", ["ready"]))

    def test_after_a_withdrawal_nobody_rules(self) -> None:
        afterwards.withdraw(self.interview)

        with make.writes() as written, self.assertRaises(standing.Withdrawn):
            ruled(self.contest)

        self.assertEqual((written.tables, Contest.objects.get().status, self.statuses()), ({}, "open", ["ready"]))

    def test_a_withdrawal_after_it_leaves_nothing_owed(self) -> None:
        ruled(self.contest)
        afterwards.withdraw(self.interview)

        self.assertEqual(make.owed("evaluation"), [])
        with MockModel() as model, using(model):
            evaluations.run(evaluation_id=self.interview.evaluations.get(status="owed").pk)
        self.assertEqual((self.statuses(), model.chats), (["superseded", "superseded"], 0))
