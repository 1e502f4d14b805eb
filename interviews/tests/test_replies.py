"""Replies: each answer gets exactly one, or a failure that everybody can see and retry."""

from datetime import timedelta
from unittest.mock import patch

from django.db import InterfaceError, OperationalError
from django.urls import reverse

from core import clock, due
from core.claims import AlreadyClaimed, LeaseLost, take
from core.models import Due
from core.state import TransitionNotAllowed
from core.testing import OTHER, TenantClient, TenantTestCase, logged
from interviews import tasks
from interviews.models import Turn
from interviews.services import afterwards, turns
from interviews.services.interviewer import script
from interviews.tests import make, team
from llm.models import LlmCall
from llm.tests.asking import using
from tests.mock_model import MockModel


class WriteReplyTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.invited = make.invited()
        self.interview = make.started(self.invited)
        self.turn = make.answered(self.interview)

    def stored(self) -> Turn:
        return Turn.objects.get(pk=self.turn.pk)

    def expire_lease(self) -> None:
        Turn.objects.filter(pk=self.turn.pk).update(lease_until=clock.now() - timedelta(seconds=1))

    def test_it_replies_and_opens_the_next_question_word_for_word(self) -> None:
        turns.write_reply(turn_id=self.turn.pk)

        replied, following = self.interview.turns.all()
        self.assertEqual((replied.status, replied.stage, replied.mode), ("replied", "completed", "basic"))
        self.assertIn(replied.reply, script.acknowledgements())
        self.assertEqual((replied.lease_until, replied.fence, replied.attempts, replied.error), (None, 1, 1, ""))
        self.assertEqual((following.number, following.status, following.kind), (2, "open", "core"))
        self.assertEqual(following.shown, make.PLAN.questions[1].text)
        self.assertEqual(make.owed("turn"), [])
        self.assertEqual(make.actions("turn."), ["turn.answered", "turn.replied"])

    def test_after_the_last_answer_no_question_opens(self) -> None:
        turns.write_reply(turn_id=self.turn.pk)
        last = make.replied(self.interview)

        self.assertEqual((self.interview.turns.count(), last.reply), (2, script.closing()))

    def test_it_replies_once(self) -> None:
        turns.write_reply(turn_id=self.turn.pk)

        with make.writes() as written, self.assertRaises(AlreadyClaimed):
            turns.write_reply(turn_id=self.turn.pk)

        self.assertEqual((written.tables, self.interview.turns.count()), ({}, 2))

    def test_a_message_that_is_delivered_twice_does_no_harm(self) -> None:
        for _ in range(2):
            tasks.reply_to_turn(tenant="alpha", turn_id=str(self.turn.pk))

        self.assertEqual([turn.status for turn in self.interview.turns.all()], ["replied", "open"])

    def test_a_message_for_another_tenant_touches_nothing(self) -> None:
        with make.writes() as written:
            tasks.reply_to_turn(tenant=OTHER, turn_id=str(self.turn.pk))

        self.assertEqual((written.tables, self.stored().status), ({}, "owed"))

    def test_a_worker_that_holds_the_lease_is_left_alone(self) -> None:
        with take(Turn, self.turn.pk), self.assertRaises(AlreadyClaimed):
            turns.write_reply(turn_id=self.turn.pk)

        self.assertEqual(self.stored().status, "asking")

    def test_a_worker_that_died_is_replaced_when_its_lease_is_over(self) -> None:
        with take(Turn, self.turn.pk):
            pass
        self.expire_lease()

        turns.write_reply(turn_id=self.turn.pk)

        self.assertEqual((self.stored().status, self.stored().fence, self.stored().attempts), ("replied", 2, 2))

    def test_a_late_worker_writes_nothing(self) -> None:
        with take(Turn, self.turn.pk) as late:
            self.expire_lease()
            turns.write_reply(turn_id=self.turn.pk)
            before = self.stored().reply

            with self.assertRaises(LeaseLost):
                late.record(Turn.Status.REPLIED, reply="Too late.")

        self.assertEqual((self.stored().reply, self.interview.turns.count()), (before, 2))

    def test_what_is_owed_is_sent_again_by_the_sweeper(self) -> None:
        Due.objects.filter(object_id=self.turn.pk).update(due_at=clock.now() - timedelta(hours=1))
        sent: list[due.Owed] = []

        due.sweep(sent.append)

        self.assertEqual([(owed.tenant, owed.kind, owed.object_id) for owed in sent], [("alpha", "turn", self.turn.pk)])


class ModelReplyTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.started()
        self.turn = make.answered(self.interview)

    def stored(self) -> Turn:
        return Turn.objects.get(pk=self.turn.pk)

    def test_a_models_words_come_with_its_name_its_tokens_and_one_row_in_the_ledger(self) -> None:
        with MockModel() as model, using(model):
            turns.write_reply(turn_id=self.turn.pk)

        turn, call = self.stored(), LlmCall.objects.get()
        self.assertEqual((turn.mode, turn.model, model.chats), ("model", "mock", 1))
        self.assertEqual((turn.tokens_in, turn.tokens_out), (call.tokens_in, call.tokens_out))
        self.assertEqual((call.tenant, call.interview_id), ("alpha", self.interview.pk))
        self.assertEqual(self.interview.turns.get(number=2).shown, make.PLAN.questions[1].text)

    def test_a_model_that_goes_on_failing_is_replaced_by_the_script(self) -> None:
        for fault in ("html", "500", "no_finish"):
            with self.subTest(fault=fault):
                interview = make.started(make.invited(f"{fault}@example.org"))
                turn = make.answered(interview)
                with MockModel() as model, using(model, f"mock!{fault}"):
                    turns.write_reply(turn_id=turn.pk)

                turn.refresh_from_db()
                self.assertEqual((turn.status, turn.mode, model.chats), ("replied", "basic", 3))
                self.assertIn(turn.reply, script.acknowledgements())

    def test_a_turn_that_killed_three_workers_is_answered_by_the_script_and_no_model_is_asked(self) -> None:
        Turn.objects.update(attempts=turns.MODEL_ATTEMPTS)

        with MockModel() as model, using(model):
            turns.write_reply(turn_id=self.turn.pk)

        self.assertEqual((self.stored().status, self.stored().mode, model.chats), ("replied", "basic", 0))

    def test_a_database_that_broke_off_fails_no_turn_the_next_worker_replies(self) -> None:
        for place in ("conversation.context", "reply", "_record"):
            for error in (OperationalError, InterfaceError):
                with (
                    self.subTest(place=place, error=error.__name__),
                    patch(f"interviews.services.turns.{place}", side_effect=error),
                    self.assertRaises(error),
                ):
                    turns.write_reply(turn_id=self.turn.pk)

                self.assertEqual((self.stored().status, make.owed("turn")), ("asking", [self.turn.pk]))
                Turn.objects.update(lease_until=clock.now() - timedelta(seconds=1), attempts=1)

        turns.write_reply(turn_id=self.turn.pk)

        self.assertEqual((self.stored().status, make.actions("turn.")[1:]), ("replied", ["turn.replied"]))

    def test_the_answer_of_somebody_who_withdrew_while_it_waited_reaches_no_model(self) -> None:
        afterwards.withdraw(self.interview)

        with MockModel() as model, using(model):
            turns.write_reply(turn_id=self.turn.pk)

        turn = self.stored()
        self.assertEqual((turn.status, turn.reply, turn.error, model.chats), ("replied", None, "Withdrawn", 0))
        self.assertEqual((self.interview.turns.count(), LlmCall.objects.count()), (1, 0))

    def test_the_third_attempt_still_asks_the_model(self) -> None:
        Turn.objects.update(attempts=turns.MODEL_ATTEMPTS - 1)

        with MockModel() as model, using(model):
            turns.write_reply(turn_id=self.turn.pk)

        self.assertEqual((self.stored().mode, model.chats), ("model", 1))

    def test_neither_name_nor_address_leaves_for_the_model(self) -> None:
        interview = make.started(make.invited("joan@mail.example", name="Joan Clarke-Murray"))
        turn = make.answered(interview, "I, Joan Clarke-Murray, am at joan@mail.example; clarke broke Enigma.")

        with MockModel() as model, using(model):
            turns.write_reply(turn_id=turn.pk)

        sent = str(model.requests).casefold()
        self.assertIn("enigma", sent)
        for secret in ("joan", "clarke", "murray", "mail.example"):
            self.assertNotIn(secret, sent)


class FailedReplyTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.invited = make.invited()
        self.interview = make.started(self.invited)
        self.turn = make.answered(self.interview)
        with make.without_key(self.interview):
            turns.write_reply(turn_id=self.turn.pk)
        self.client = make.browser(self.invited.invitation)
        self.retry_url = reverse("candidate_retry", args=[self.interview.pk])

    def stored(self) -> Turn:
        return Turn.objects.get(pk=self.turn.pk)

    def test_it_is_visible_on_the_row_in_the_due_table_and_in_the_room(self) -> None:
        self.assertEqual((self.stored().status, self.stored().error), ("failed", "KeyDestroyed"))
        owed = Due.objects.get(kind="turn")
        self.assertEqual((owed.object_id, owed.error, owed.failed_at is None), (self.turn.pk, "KeyDestroyed", False))
        self.assertEqual(make.actions("turn."), ["turn.answered", "turn.failed"])
        response = self.client.get(reverse("candidate_home", args=[self.interview.pk]))
        self.assertContains(response, "Your answer is saved, but the next question could not be prepared.")
        self.assertContains(response, make.ANSWERS[0])

    def test_the_answer_is_safe_and_no_question_opened(self) -> None:
        self.assertEqual((self.stored().answer, self.interview.turns.count()), (make.ANSWERS[0], 1))

    def test_the_candidate_tries_again_and_the_interview_goes_on(self) -> None:
        response = self.client.post(self.retry_url)
        self.assertEqual((response.status_code, self.stored().status, self.stored().attempts), (303, "owed", 0))
        self.assertIsNone(Due.objects.get(kind="turn").failed_at)

        turns.write_reply(turn_id=self.turn.pk)

        self.assertEqual([turn.status for turn in self.interview.turns.all()], ["replied", "open"])
        self.assertEqual(make.actions("turn.retried"), ["turn.retried"])

    def test_trying_again_what_did_not_fail_changes_nothing(self) -> None:
        self.client.post(self.retry_url)

        with make.writes() as written:
            self.client.post(self.retry_url)
        with self.assertRaises(TransitionNotAllowed):
            turns.retry(turn_id=self.turn.pk)

        self.assertEqual(written.tables, {})

    def test_the_platforms_admin_tries_again_across_tenants(self) -> None:
        due.retry(Due.objects.get(kind="turn"))

        self.assertEqual(self.stored().status, "owed")
        with self.assertRaises(due.NotRetryable):
            due.retry(Due.objects.get(kind="turn"))

    def test_a_turn_that_fails_time_and_again_is_given_up_visibly(self) -> None:
        turns.retry(turn_id=self.turn.pk)
        Turn.objects.update(attempts=turns.GIVE_UP_AFTER)

        turns.write_reply(turn_id=self.turn.pk)

        self.assertEqual((self.stored().status, self.stored().error), ("failed", "TooManyAttempts"))

    def test_the_failures_log_line_holds_no_words(self) -> None:
        turns.retry(turn_id=self.turn.pk)

        with logged() as lines, make.without_key(self.interview):
            turns.write_reply(turn_id=self.turn.pk)

        self.assertIn("reply_failed", lines.getvalue())
        self.assertIn("KeyDestroyed", lines.getvalue())
        for word in ("orders table", "Ada", str(self.interview.subject_id)):
            self.assertNotIn(word, lines.getvalue())

    def test_strangers_try_nothing_again(self) -> None:
        strangers = make.strangers(self.invited.invitation)
        with make.writes() as written:
            codes = [stranger.post(self.retry_url).status_code for stranger in strangers]

        self.assertEqual((codes, written.tables, self.stored().status), ([404, 404, 404], {}, "failed"))
        with self.assertRaises(TransitionNotAllowed):
            turns.retry(turn_id=self.turn.pk, interview_id=make.invited("joan@example.org").interview.pk)

    def test_a_recruiter_tries_again_and_a_role_that_may_not_review_does_not(self) -> None:
        url = reverse("portal_retry_turn", args=[self.turn.pk])
        with self.in_tenant(OTHER):
            foreign = make.carried(make.signed_in(make.staff(), OTHER))
        auditor = make.signed_in(make.staff("auditor"))
        with make.writes() as written:
            codes = [client.post(url).status_code for client in (TenantClient(), foreign, auditor)]
        self.assertEqual((codes, written.tables, self.stored().status), ([302, 302, 403], {}, "failed"))

        self.assertEqual(make.signed_in(team.staff_of(self.turn.interview, "reviewer")).post(url).status_code, 302)
        self.assertEqual(self.stored().status, "owed")
