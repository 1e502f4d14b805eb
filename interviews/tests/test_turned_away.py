"""No interview left: who runs goes on, who comes is asked to come back, and hears once when there is room."""

import re
from collections.abc import Callable
from datetime import timedelta

from django.core import mail as sent
from django.urls import reverse

from accounts.roles import Role
from billing.models import QuotaPeriod, Subscription
from billing.services import granting, periods, plan_changes, standing, subscriptions
from billing.tests import bought
from billing.tests.counted import leave
from core import clock, tenancy
from core.ids import uuid7
from core.models import Due
from core.testing import TenantClient, TenantTestCase
from interviews.models import Interview, Invitation, Mail, TurnedAway
from interviews.services import lifecycle, mail, opening, submission, turned_away, turns
from interviews.tests import make
from interviews.tests.away import away, full, told

REASON = "Ticket 4711: agreed with their procurement."
MONEY = ("$", "plan", "paid", "pay", "subscription", "quota", "billing", "trial")


class RunningTests(TenantTestCase):
    def test_what_runs_goes_on_to_its_end_whatever_the_plan_became(self) -> None:
        for become in (
            full,
            lambda: standing.stop(bought.held(), why="payment"),
            lambda: standing.cancel(bought.held()),
        ):
            with self.subTest(become):
                interview = make.started(make.invited(f"{uuid7()}@example.org"))
                become()
                tenancy.forget()
                for text in make.ANSWERS:
                    make.replied(interview, text)
                submission.submit(interview, closing="")
                interview.refresh_from_db()
                self.assertEqual(interview.status, "completed")
                Subscription.objects.update(status="active")
                tenancy.current().__class__.objects.update(read_only_since=None)
                tenancy.forget()
                leave(5)

    def test_an_answer_after_its_reservation_ran_out_takes_another_one_or_waits(self) -> None:
        interview = make.started()
        lifecycle.release_quota(interview_id=interview.pk)
        full()
        turn = make.open_turn(interview)
        client = make.browser(Invitation.objects.get(interview=interview))
        form = {"answer": make.ANSWERS[0], "idempotency_key": turn.pk}

        response = client.post(reverse("candidate_answer", args=[interview.pk]), form)

        self.assertContains(response, "This is nothing you did", status_code=409)
        self.assertContains(response, make.ANSWERS[0], status_code=409)
        self.assertEqual(TurnedAway.objects.get().pk, interview.pk)
        leave(1)
        turns.submit_answer(interview=interview, answer=make.ANSWERS[0], idempotency_key=turn.pk, turn_id=turn.pk)


class PoliteTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.one = make.invited()
        self.interview = make.consented(self.one)

    def assert_polite(self) -> None:
        response = make.browser(self.one.invitation).post(reverse("candidate_ready", args=[self.interview.pk]))
        self.assertContains(response, "We cannot start your interview just now", status_code=409)
        text = re.sub(r"<[^>]+>", " ", response.content.decode().split("<main")[1].split("</main>")[0]).lower()
        self.assertEqual([word for word in MONEY if re.search(rf"{re.escape(word)}(?!\w)", text)], [])

    def test_the_page_says_nothing_of_money_whatever_the_reason(self) -> None:
        full()
        self.assert_polite()
        standing.stop(bought.held(), why="payment")
        tenancy.forget()
        self.assert_polite()
        Subscription.objects.update(status="cancelled")
        self.assert_polite()

    def test_staff_are_told_once_while_they_wait_and_who_reads_only_why(self) -> None:
        for role in Role.values:
            make.staff(role)
        standing.stop(bought.held(), why="payment")
        tenancy.forget()
        tenancy.use(tenancy.by_schema("alpha"))
        for _ in range(3):
            make.browser(self.one.invitation).post(reverse("candidate_ready", args=[self.interview.pk]))

        rows = Mail.objects.filter(kind="quota")
        self.assertEqual(sorted(row.recipient.split("@")[0] for row in rows), ["admin", "owner", "recruiter"])
        for row in rows:
            self.assertIn("while the plan is not paid for", row.body_text or "")
            self.assertIn("/waiting/", row.body_text or "")
        self.assertEqual(make.actions("quota."), ["quota.exhausted"])


class RoomTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        bought.on("starter")

    def tell(self) -> list[str]:
        """Do what is owed."""
        for _ in Due.objects.filter(kind=turned_away.KIND, tenant=tenancy.schema()):
            turned_away.tell()
        return told()

    def test_each_way_to_room_owes_one_mail_to_each(self) -> None:
        held = bought.held()
        ways: dict[str, Callable[[], object]] = {
            "credit": lambda: granting.credit(subscription_id=held.pk, interviews=5, reason=REASON, by=uuid7()),
            "plan": lambda: plan_changes.change_now(subscription_id=held.pk, code="professional", shown="starter"),
            "overage": lambda: granting.allow_overage(subscription_id=held.pk, limit=5),
        }
        for number, (name, make_room) in enumerate(ways.items()):
            with self.subTest(name):
                full()
                away(f"{name}@example.org")
                self.assertEqual(make.owed(turned_away.KIND), [])
                make_room()
                self.assertEqual(make.owed(turned_away.KIND), [tenancy.tenant_id()])
                self.assertEqual((len(self.tell()), make.owed(turned_away.KIND)), (number + 1, []))

    def test_a_new_period_and_a_payment_make_room(self) -> None:
        full()
        away()
        period = bought.used(0)
        QuotaPeriod.objects.filter(pk=period.pk).update(period_end=clock.now() - timedelta(seconds=1))

        periods.renew(subscription_id=bought.held().pk)

        self.assertEqual(self.tell(), ["ada@example.org"])
        standing.stop(bought.held(), why="payment")
        away("bo@example.org")
        self.assertEqual(self.tell(), ["ada@example.org"])
        standing.recover(bought.held(), why="paid")
        self.assertEqual(self.tell(), ["ada@example.org", "bo@example.org"])

    def test_after_a_trial_whoever_begins_to_pay_makes_room(self) -> None:
        bought.trying("starter", days=-1)
        standing.stop(bought.held(), why="trial")
        away()

        subscriptions.activate(subscription_id=bought.held().pk, collection=Subscription.Collection.INVOICE)

        self.assertEqual(self.tell(), ["ada@example.org"])

    def test_what_nobody_used_goes_to_the_next(self) -> None:
        begun = make.started(make.invited("begun@example.org"))
        full()
        away()

        lifecycle.release_quota(interview_id=begun.pk)

        self.assertEqual(self.tell(), ["ada@example.org"])

    def test_as_many_as_there_is_room_for_longest_waiting_first_the_others_a_day_later(self) -> None:
        full()
        for name in ("first", "second", "third"):
            away(f"{name}@example.org")
        leave(2)
        turned_away.room_came()

        self.assertEqual(self.tell(), ["first@example.org", "second@example.org"])
        again = Due.objects.get(kind=turned_away.KIND)
        self.assertAlmostEqual(again.due_at, clock.now() + timedelta(days=1), delta=timedelta(minutes=1))
        self.assertEqual(self.tell(), ["first@example.org", "second@example.org", "third@example.org"])
        self.assertEqual(make.owed(turned_away.KIND), [])

    def test_without_room_nobody_is_told(self) -> None:
        full()
        away()
        turned_away.room_came()

        self.assertEqual((self.tell(), make.owed(turned_away.KIND)), ([], []))
        leave(1)
        standing.stop(bought.held(), why="payment")
        turned_away.room_came()
        self.assertEqual(self.tell(), [])

    def test_who_began_withdrew_or_ran_out_is_not_told(self) -> None:
        full()
        interviews = [away(f"{name}@example.org") for name in ("began", "late", "left")]
        leave(3)
        opening.start(interviews[0])
        make.answered(interviews[0])
        Interview.objects.filter(pk=interviews[1].pk).update(expires_at=clock.now())
        Interview.objects.filter(pk=interviews[2].pk).update(status="withdrawn")
        turned_away.room_came()

        self.assertEqual((make.owed(turned_away.KIND), self.tell()), ([], []))

    def test_turned_away_again_they_wait_again_and_are_told_again(self) -> None:
        full()
        interview = away()
        leave(1)
        turned_away.room_came()
        self.assertEqual(len(self.tell()), 1)
        full()
        one = Invitation.objects.filter(interview=interview).order_by("-pk")[0]
        self.assertEqual(make.browser(one).post(reverse("candidate_ready", args=[interview.pk])).status_code, 409)
        self.assertIsNone(TurnedAway.objects.get().told_at)
        leave(1)
        turned_away.room_came()

        self.assertEqual(len(self.tell()), 2)

    def test_the_mail_has_a_fresh_link_that_begins_and_no_secret_is_kept(self) -> None:
        full()
        interview = away()
        leave(1)
        turned_away.room_came()
        self.tell()
        row = Mail.objects.get(kind="room")

        mail.send(mail_id=row.pk)

        text = str(sent.outbox[-1].body)
        found = re.search(r"http\S+/i/\S+", text)
        assert found
        client = TenantClient()
        client.get("/i/" + found[0].rsplit("/i/")[1], follow=True)
        self.assertEqual(client.post(reverse("candidate_ready", args=[interview.pk])).status_code, 303)
        self.assertEqual(Interview.objects.get(pk=interview.pk).status, "in_progress")
        row.refresh_from_db()
        self.assertEqual((row.status, row.body_text), ("sent", None))
        self.assertIn("candidate.told_of_room", make.actions("candidate."))

    def test_whoever_was_kept_waiting_gets_three_days_to_come(self) -> None:
        full()
        interview = away()
        Interview.objects.filter(pk=interview.pk).update(expires_at=clock.now() + timedelta(hours=1))
        leave(1)
        turned_away.room_came()
        self.tell()

        interview.refresh_from_db()
        self.assertAlmostEqual(interview.expires_at, clock.now() + timedelta(days=3), delta=timedelta(minutes=1))
        due = Due.objects.get(kind="interview_expiry", object_id=interview.pk)
        self.assertAlmostEqual(due.due_at, interview.expires_at, delta=timedelta(minutes=1))
