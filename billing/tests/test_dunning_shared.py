"""What any way of paying uses of dunning, what pages learn of it, and its mail."""

from billing.models import BillingNotice, Subscription
from billing.services import dunning, mail, subscriptions
from billing.tests import invoiced
from billing.tests.test_dunning import Case
from core import clock, tenancy
from core.testing import OTHER
from tenants.tests.supported import trail

# The other kinds have tests of their own: what they tell may no longer be so.
NOTICED = [kind for kind in mail.Kind if kind not in mail._writers]


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

    def test_every_mail_can_be_written_and_names_the_date(self) -> None:
        self.go_to(30)
        self.look()
        held = subscriptions.locked(self.held.pk)
        assert held.grace_ends_at is not None
        ends = f"{held.grace_ends_at:%-d %B}"
        for kind in NOTICED:
            mail.tell(held, kind, key=f"test:{kind}", invoice_id=self.invoice.pk)
            message = mail._message(BillingNotice.objects.get(key=f"test:{kind}"))
            assert message is not None
            with self.subTest(kind):
                self.assertIn("Alpha", message.subject)
                self.assertNotIn("\n", message.subject)
                words = f"{message.subject} {message.body}"
                self.assertNotIn("{", words)
                if kind in ("overdue", "payment_failed", "reminder", "last_reminder"):
                    self.assertIn(ends, words)
