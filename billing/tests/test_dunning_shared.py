"""What any way of paying uses of dunning, what pages learn of it, and its mail."""

from billing.models import BillingNotice, Subscription
from billing.services import dunning, mail, standing, subscriptions
from billing.tests import bought, invoiced
from billing.tests.test_dunning import Case
from core import clock, tenancy
from core.testing import OTHER
from tenants.tests.supported import trail


class SharedTests(Case):
    """What another way of paying uses."""

    def test_a_failed_payment_begins_the_grace_once_and_a_later_one_ends_it(self) -> None:
        with tenancy.enter_platform():
            for _ in range(2):
                held = subscriptions.locked(self.held.pk)
                dunning.payment_failed(held, why="card")
        self.assertEqual((self.status(), invoiced.notices()), ("past_due", ["payment_failed"]))
        self.assertEqual(self.owed_for("dunning"), 7.0)
        self.assertEqual([row[3] for row in trail(action="subscription.past_due")], [{"why": "card"}])

        with tenancy.enter_platform():
            dunning.paid(subscriptions.locked(self.held.pk))
            dunning.paid(subscriptions.locked(self.held.pk))

        self.assertEqual((self.status(), invoiced.notices()), ("active", ["payment_failed", "recovered"]))

    def test_a_trial_a_read_only_and_a_cancelled_one_are_left_alone(self) -> None:
        for status in ("trialing", "read_only", "cancelled"):
            rows = Subscription.objects.filter(pk=self.held.pk)
            rows.update(status=status, trial_ends_at=clock.now())
            held = subscriptions.locked(self.held.pk)

            dunning.payment_failed(held, why="card")
            dunning.paid(held)

            self.assertEqual((self.status(), invoiced.notices()), (status, []))

    def test_the_other_tenant_s_standing_is_its_own(self) -> None:
        self.go_to(31)
        self.look()

        self.assertEqual(Subscription.objects.get(tenant__schema_name=OTHER).status, "active")
        self.assertEqual(set(BillingNotice.objects.values_list("subscription_id", flat=True)), {self.held.pk})
        self.assertIsNone(Subscription.objects.get(tenant__schema_name=OTHER).past_due_since)

    def written(self, kind: mail.Kind, words: str) -> None:
        """It says who, and these words; again once it is no longer so it says nothing."""
        held = subscriptions.locked(self.held.pk)
        key = f"{kind}:{held.pk}:{held.past_due_since:%Y%m%d%H%M%S}" if held.past_due_since else kind
        mail.tell(held, kind, key=f"test:{key}", invoice_id=self.invoice.pk)
        message = mail._message(BillingNotice.objects.get(key=f"test:{key}"))
        assert message is not None
        with self.subTest(kind):
            self.assertIn("Alpha", message.subject)
            self.assertNotIn("\n", message.subject)
            self.assertNotIn("{", f"{message.subject} {message.body}")
            self.assertIn(words, f"{message.subject} {message.body}")

    def test_every_mail_can_be_written_and_names_the_date(self) -> None:
        for kind in (mail.Kind.ISSUED, mail.Kind.DETAILS_MISSING):
            self.written(kind, "Alpha")
        self.go_to(30)
        self.look()
        held = subscriptions.locked(self.held.pk)
        assert held.grace_ends_at is not None
        ends = f"{held.grace_ends_at:%-d %B}"
        for kind in (mail.Kind.OVERDUE, mail.Kind.PAYMENT_FAILED, mail.Kind.REMINDER, mail.Kind.LAST_REMINDER):
            self.written(kind, ends)
        standing.stop(held, why="payment")
        self.written(mail.Kind.READ_ONLY, "We did not receive your payment in time")
        self.pay()
        self.written(mail.Kind.RECOVERED, "Nothing is overdue any more for Alpha.")

    def test_a_mail_that_waited_while_it_was_paid_says_nothing(self) -> None:
        self.go_to(30)
        self.look()
        since = f"{bought.held().past_due_since:%Y%m%d%H%M%S}"
        kinds = (mail.Kind.PAYMENT_FAILED, mail.Kind.REMINDER, mail.Kind.LAST_REMINDER, mail.Kind.OVERDUE)
        for kind in kinds:
            mail.tell(self.held, kind, key=f"late:{kind}:{self.held.pk}:{since}", invoice_id=self.invoice.pk)
        self.pay()

        for row in BillingNotice.objects.filter(key__startswith="late:"):
            self.assertIsNone(mail._message(row), row.kind)
        self.assertEqual(BillingNotice.objects.filter(key__startswith="late:").count(), 4)

    def test_one_of_an_earlier_grace_says_nothing_in_the_next(self) -> None:
        self.go_to(30)
        self.look()
        earlier = f"late:reminder:{self.held.pk}:{bought.held().past_due_since:%Y%m%d%H%M%S}"
        mail.tell(self.held, mail.Kind.REMINDER, key=earlier)
        self.pay()
        self.go_to(40)
        dunning.payment_failed(subscriptions.locked(self.held.pk), why="card")

        self.assertEqual(self.status(), "past_due")
        self.assertIsNone(mail._message(BillingNotice.objects.get(key=earlier)))

    def test_an_invoice_of_ours_does_not_pay_a_card_that_failed(self) -> None:
        bought.invoice(self.held, "S-1", subtotal_usd=99, total_usd=99, issued_at=clock.now(), status="open")
        Subscription.objects.filter(pk=self.held.pk).update(collection="stripe", stripe_subscription="sub_1")
        dunning.payment_failed(subscriptions.locked(self.held.pk), why="card")

        self.pay()
        self.assertEqual(self.status(), "past_due")
        dunning.paid(subscriptions.locked(self.held.pk), by_card=True)

        self.assertEqual((self.status(), invoiced.notices()), ("active", ["payment_failed", "recovered"]))
