"""A provisional result for want of a model is made again by itself; what is a person's stays."""

from datetime import timedelta
from typing import Any

import time_machine
from django.urls import reverse

from core import clock, due
from core.claims import AlreadyClaimed
from core.models import Due
from core.testing import OTHER, CommittingTestCase, TenantTestCase, at_once
from interviews import tasks
from interviews.models import Evaluation, Interview, Review
from interviews.services import afterwards, evaluations, provisional, redos
from interviews.services.invitations import Invited
from interviews.tests import make
from llm.tests.asking import using
from llm.tests.test_modes import opened
from tests.mock_model import MockModel


def in_vain(one: Invited | None = None) -> Interview:
    """A completed interview whose evaluation found no model."""
    interview = make.submitted(one)
    with MockModel() as model, using(model, "mock!500"):
        evaluations.run(evaluation_id=interview.evaluations.get().pk)
    return interview


def owed_in() -> list[float]:
    """Seconds until each redo falls due, to ten: some went by since it was owed."""
    rows = Due.objects.filter(kind=redos.KIND)
    return [round((row.due_at - clock.now()).total_seconds(), -1) for row in rows]


class ProvisionalTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = in_vain()
        self.first = self.interview.evaluations.get()

    def redo(self) -> None:
        provisional.redo(evaluation_id=self.first.pk)

    def statuses(self) -> list[str]:
        return list(self.interview.evaluations.order_by("created_at").values_list("status", flat=True))

    def made_again(self) -> Evaluation:
        """Redone and run, with a model that answers."""
        with MockModel() as model, using(model):
            self.redo()
            evaluations.run(evaluation_id=self.interview.evaluations.get(status="owed").pk)
        return self.interview.evaluations.exclude(pk=self.first.pk).get()

    def test_a_result_made_while_no_provider_answered_is_owed_again_in_a_minute_and_says_why(self) -> None:
        self.assertEqual(
            (self.first.status, self.first.mode, self.first.error), ("provisional", "basic", "server_error")
        )
        self.assertEqual((make.owed(redos.KIND), owed_in()), ([self.first.pk], [60]))

    def test_when_a_model_answers_again_there_is_one_ready_result_and_the_old_one_is_kept(self) -> None:
        mails, ratings = self.interview.mails.count(), self.first.ratings.count()

        second = self.made_again()

        self.assertEqual(self.statuses(), ["superseded", "ready"])
        self.assertEqual((second.mode, second.error, self.first.ratings.count()), ("model", "", ratings))
        self.assertEqual((make.owed(redos.KIND), make.owed("evaluation")), ([], []))
        self.assertEqual(self.interview.mails.count(), mails)
        self.assertEqual(
            make.actions("evaluation."), ["evaluation.finished", "evaluation.superseded", "evaluation.finished"]
        )

    def test_the_portal_counts_it_once(self) -> None:
        self.made_again()

        page = make.signed_in(make.staff()).get(reverse("portal_home"))
        self.assertEqual((len(page.context["queue"]), page.context["nav"]["to_review"]), (1, 1))
        self.assertEqual(page.context["stats"][2]["value"], 1)

    def test_while_nobody_can_be_asked_it_waits_longer_each_time(self) -> None:
        pauses: list[float] = []
        with MockModel() as model, using(model):
            opened("own-server", seconds=3600)
            for minutes in (1, 3, 7, 60):
                with time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=False):
                    opened("own-server", seconds=3600)
                    self.redo()
                pauses += owed_in()

        self.assertEqual((self.statuses(), model.chats), (["provisional"], 0))
        self.assertEqual(pauses, [60, 180, 420, 600])

    def test_where_no_provider_is_configured_any_more_it_waits_too(self) -> None:
        self.redo()

        self.assertEqual((self.statuses(), owed_in()), (["provisional"], [60]))

    def test_in_vain_again_it_is_owed_twice_as_much_later(self) -> None:
        with MockModel() as model, using(model, "mock!500"):
            self.redo()
            evaluations.run(evaluation_id=self.interview.evaluations.get(status="owed").pk)

        self.assertEqual((self.statuses(), owed_in()), (["superseded", "provisional"], [120]))

    def test_when_a_model_answers_again_the_others_of_the_tenant_wait_no_longer(self) -> None:
        waiting = self.first
        elsewhere = Due.objects.create(
            tenant=OTHER, kind=redos.KIND, object_id=waiting.pk, due_at=clock.now() + timedelta(hours=6)
        )
        Due.objects.filter(kind=redos.KIND).update(due_at=clock.now() + timedelta(hours=6))

        for number, ago in enumerate((timedelta(seconds=2), timedelta(hours=3))):
            began = clock.now()
            Evaluation.objects.filter(pk=waiting.pk).update(finished_at=began - ago)
            make.evaluated_by_model(make.invited(f"{number}@example.org"))
            due_at = Due.objects.get(tenant="alpha", object_id=waiting.pk).due_at
            rested = began - ago + redos.HASTENED
            self.assertGreaterEqual(due_at, max(rested, began))
            self.assertLessEqual(due_at, max(rested, clock.now()))

        elsewhere.refresh_from_db()
        self.assertGreater(elsewhere.due_at, clock.now() + timedelta(hours=5))

    def test_another_result_in_vain_hastens_nothing(self) -> None:
        Due.objects.filter(kind=redos.KIND).update(due_at=clock.now() + timedelta(hours=6))

        in_vain(make.invited("grace@example.org"))

        self.assertEqual(sorted(owed_in()), [60, 6 * 3600])

    def test_a_message_that_comes_twice_makes_it_again_once(self) -> None:
        with MockModel() as model, using(model):
            for _ in range(2):
                tasks.redo_evaluation(tenant="alpha", evaluation_id=str(self.first.pk))

        self.assertEqual((self.statuses(), len(make.owed("evaluation"))), (["superseded", "owed"], 1))

    def test_a_sweep_sends_it_when_it_is_due(self) -> None:
        Due.objects.filter(kind=redos.KIND).update(due_at=clock.now() - timedelta(hours=1))
        sent: list[due.Owed] = []

        due.sweep(sent.append)

        [found] = [owed for owed in sent if owed.kind == redos.KIND]
        kind = due.kind_of(found.kind)
        self.assertEqual((found.object_id, kind.task), (self.first.pk, "interviews.redo_evaluation"))

    def test_a_submitted_review_stays_and_its_page_says_that_the_result_is_a_new_one(self) -> None:
        person = make.staff()
        review = make.reviewed(self.interview, person)
        client, url = make.signed_in(person), reverse("portal_interview", args=[self.interview.pk])
        before = client.get(url)

        self.made_again()

        after, kept = client.get(url), Review.objects.get()
        self.assertEqual((kept.pk, kept.status, kept.ratings.count()), (review.pk, "submitted", 3))
        self.assertContains(before, "made again by itself once a model answers")
        self.assertContains(after, "Made again on")
        self.assertNotContains(after, "Provisional")

    def test_what_was_decided_on_stays_as_it_was(self) -> None:
        person = make.staff()
        make.reviewed(self.interview, person)
        make.decided(self.interview, person)

        with MockModel() as model, using(model):
            self.redo()

        self.assertEqual((self.statuses(), make.owed(redos.KIND)), (["provisional"], []))

    def test_a_withdrawn_interview_is_not_evaluated_again(self) -> None:
        afterwards.withdraw(self.interview)
        left = make.owed(redos.KIND)

        with MockModel() as model, using(model):
            self.redo()

        self.assertEqual((left, self.statuses(), model.chats), ([], ["provisional"], 0))

    def test_after_two_weeks_it_is_left_to_people(self) -> None:
        Evaluation.objects.update(finished_at=clock.now() - provisional.GIVE_UP_AFTER)

        with MockModel() as model, using(model):
            self.redo()

        self.assertEqual((self.statuses(), make.owed(redos.KIND)), (["provisional"], []))

    def test_a_message_for_another_tenant_touches_nothing(self) -> None:
        missing = self.assertRaises(Evaluation.DoesNotExist)
        with MockModel() as model, using(model), make.writes() as written, missing:
            tasks.redo_evaluation(tenant=OTHER, evaluation_id=str(self.first.pk))

        self.assertEqual((written.tables, self.statuses()), ({}, ["provisional"]))


class NeverTests(TenantTestCase):
    def test_without_a_configured_model_nothing_is_owed_and_the_page_promises_nothing(self) -> None:
        person = make.staff()
        interview = make.evaluated()
        make.reviewed(interview, person)

        page = make.signed_in(person).get(reverse("portal_interview", args=[interview.pk]))

        self.assertEqual((interview.evaluations.get().error, make.owed(redos.KIND)), ("", []))
        self.assertContains(page, "Provisional: basic mode")

    def test_a_ready_result_is_not_made_again(self) -> None:
        evaluation = make.evaluated_by_model().evaluations.get()

        with MockModel() as model, using(model):
            provisional.redo(evaluation_id=evaluation.pk)

        self.assertEqual((Evaluation.objects.get().status, make.owed(redos.KIND)), ("ready", []))


class AtOnceTests(CommittingTestCase):
    def test_of_two_sweeps_one_makes_it_again(self) -> None:
        interview = in_vain()
        first = interview.evaluations.get()

        with MockModel() as model, using(model):
            results: list[Any] = at_once(*[lambda: provisional.redo(evaluation_id=first.pk)] * 4)

        self.assertLessEqual({type(result) for result in results}, {type(None), AlreadyClaimed})
        self.assertEqual(sorted(interview.evaluations.values_list("status", flat=True)), ["owed", "superseded"])
        self.assertEqual((len(make.owed("evaluation")), make.owed(redos.KIND)), (1, []))
