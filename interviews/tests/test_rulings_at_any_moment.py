"""Whatever an evaluation is doing when a contest is upheld, what comes of it leaves the answer out."""

from typing import Any
from unittest import mock

from core.claims import AlreadyClaimed, LeaseLost
from core.testing import CommittingTestCase, TenantTestCase, at_once
from interviews.models import Contest, Interview
from interviews.services import afterwards, evaluations, provisional, redos, reviews
from interviews.tests import make
from interviews.tests.test_contests import contested, turn_of
from interviews.tests.test_provisional import in_vain
from interviews.tests.test_rulings import ruled, run_owed
from llm.tests.asking import using
from tests.mock_model import MockModel


class WhereverItStandsTests(TenantTestCase):
    """Whatever the evaluation is doing, what comes of it leaves the answer out."""

    def test_one_that_is_owed_is_superseded_without_a_result(self) -> None:
        interview = make.submitted()
        first = interview.evaluations.get()
        ruled(contested(interview))

        self.assertEqual(make.owed("evaluation"), [interview.evaluations.get(status="owed").pk])
        with self.assertRaises(AlreadyClaimed):
            evaluations.run(evaluation_id=first.pk)
        second = run_owed(interview)
        first.refresh_from_db()
        self.assertEqual((first.status, first.mode, first.ratings.count()), ("superseded", "", 0))
        self.assertEqual((second.status, len(second.without)), ("ready", 1))

    def test_one_that_runs_records_nothing(self) -> None:
        interview = make.submitted()
        first, contest = interview.evaluations.get(), contested(interview)
        make_result = evaluations.evaluate_material

        def meanwhile(material: Any) -> Any:
            ruled(contest)
            return make_result(material)

        with mock.patch.object(evaluations, "evaluate_material", meanwhile), self.assertRaises(LeaseLost):
            evaluations.run(evaluation_id=first.pk)

        first.refresh_from_db()
        self.assertEqual((first.status, first.mode, first.ratings.count()), ("superseded", "", 0))
        second = run_owed(interview)
        self.assertEqual((second.without, second.status), ([str(contest.turn_id)], "ready"))
        self.assertEqual(interview.evaluations.exclude(status="superseded").count(), 1)

    def test_one_that_failed_is_made_anew(self) -> None:
        interview = make.submitted()
        with make.without_key(interview):
            evaluations.run(evaluation_id=interview.evaluations.get().pk)
        self.assertEqual(interview.evaluations.get().status, "failed")

        ruled(contested(interview))

        self.assertEqual((run_owed(interview).status, interview.evaluations.count()), ("ready", 2))

    def test_a_provisional_one_is_made_anew_and_not_twice(self) -> None:
        interview = in_vain()
        first, contest = interview.evaluations.get(), contested(interview)

        ruled(contest)

        self.assertEqual(make.owed(redos.KIND), [])
        with MockModel() as model, using(model):
            provisional.redo(evaluation_id=first.pk)
        self.assertEqual(sorted(interview.evaluations.values_list("status", flat=True)), ["owed", "superseded"])
        self.assertEqual(run_owed(interview).without, [str(contest.turn_id)])

    def test_a_provisional_one_that_is_redone_later_still_leaves_it_out(self) -> None:
        interview = in_vain()
        contest = contested(interview)
        ruled(contest)
        with MockModel() as model, using(model, "mock!500"):
            evaluations.run(evaluation_id=interview.evaluations.get(status="owed").pk)
        second = interview.evaluations.get(status="provisional")

        with MockModel() as model, using(model):
            provisional.redo(evaluation_id=second.pk)

        third = run_owed(interview)
        self.assertEqual((second.without, third.without), ([str(contest.turn_id)],) * 2)

    def test_ratings_of_people_are_not_asked_for_again(self) -> None:
        interview, person = make.evaluated_by_model(), make.staff()
        make.reviewed(interview, person)
        ruled(contested(interview))

        with self.assertRaises(reviews.ReviewSubmitted):
            make.reviewed(interview, person)


class AtOnceTests(CommittingTestCase):
    def test_of_four_rulings_at_once_one_is_made_and_one_evaluation_is_owed(self) -> None:
        interview = make.evaluated(make.invited("four@example.org"))
        contest = contested(interview)

        results = at_once(*[lambda: ruled(Contest.objects.get(pk=contest.pk))] * 4)

        self.assertEqual(sorted(type(one).__name__ for one in results), ["AlreadyRuled"] * 3 + ["Contest"])
        found = interview.evaluations.order_by("created_at").values_list("status", flat=True)
        self.assertEqual(list(found), ["superseded", "owed"])

    def test_of_two_contests_upheld_at_once_both_answers_are_left_out(self) -> None:
        interview = make.evaluated(make.invited("both@example.org"))
        pks = [contested(interview, number).pk for number in (1, 2)]

        results = at_once(*[lambda pk=pk: ruled(Contest.objects.get(pk=pk)) for pk in pks])

        self.assertEqual([type(one).__name__ for one in results], ["Contest", "Contest"])
        owed = interview.evaluations.get(status="owed")
        self.assertEqual(owed.without, [str(turn_of(interview, number).pk) for number in (1, 2)])

    def test_of_a_redo_and_a_ruling_whoever_is_first_the_answer_is_left_out(self) -> None:
        interview = in_vain(make.invited("redo@example.org"))
        first, contest = interview.evaluations.get(), contested(interview)

        with MockModel() as model, using(model):
            results = at_once(lambda: provisional.redo(evaluation_id=first.pk), lambda: ruled(contest))

        self.assertEqual(type(results[1]).__name__, "Contest")
        current = interview.evaluations.exclude(status="superseded").get()
        self.assertEqual((current.status, current.without), ("owed", [str(contest.turn_id)]))

    def test_of_a_withdrawal_and_a_ruling_nothing_is_left_owed(self) -> None:
        interview = make.evaluated(make.invited("gone@example.org"))
        contest, own = contested(interview), Interview.objects.get(pk=interview.pk)

        results = at_once(lambda: ruled(contest), lambda: afterwards.withdraw(own))

        self.assertIn(type(results[0]).__name__, ("Contest", "Withdrawn"))
        self.assertIsNone(results[1])
        ids = set(interview.evaluations.values_list("pk", flat=True))
        self.assertEqual(ids & set(make.owed("evaluation")), set())
