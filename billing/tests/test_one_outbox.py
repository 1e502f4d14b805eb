"""The two outboxes of the release before became one: each mail goes once, whoever of both releases owes or sends it."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.core import mail as outbox
from django.db import connections
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from accounts.models import User
from accounts.roles import Role
from accounts.tests.people import person
from billing import tasks
from billing.models import BillingNotice, Subscription
from billing.services import mail
from billing.tests import bought
from core import clock, due, tenancy
from core.claims import AlreadyClaimed
from core.ids import uuid7
from core.models import Due
from core.testing import HOME, OTHER, CommittingTestCase, TenantTestCase

NAME = "one_outbox"


def migrated(*, back: bool) -> Any:
    """Take the migration back, or carry it out; the models as they are before it."""
    connection: Any = connections["owner"]
    connection.set_schema_to_public()
    loader = MigrationLoader(connection)
    name = next(name for app, name in loader.graph.nodes if app == "billing" and name.endswith(NAME))
    before = loader.project_state([("billing", name)], at_end=False)
    migration: Migration = loader.get_migration("billing", name)
    with connection.schema_editor() as editor:
        (migration.unapply if back else migration.apply)(before.clone(), editor)
    return before.apps


class MovingTests(CommittingTestCase):
    """Rows are made through the models that the release before had."""

    def setUp(self) -> None:
        super().setUp()
        outbox.outbox = []
        BillingNotice.objects.all().delete()
        Due.objects.filter(kind__in=("billing_mail", "billing_notice", "trial_ends")).delete()
        Subscription.objects.update(status="active", trial_ends_at=None)
        found = User.objects.filter(email="olga@alpha.example")
        self.olga = found.first() or person("olga@alpha.example", role=Role.OWNER)
        bought.used(81)
        self.addCleanup(connections["owner"].close)
        self.addCleanup(self.forth)
        self.old = self.back()

    def back(self) -> Any:
        """The models of before the migration, with nothing of it done."""
        self.is_back, old = True, migrated(back=True)
        return old

    def forth(self) -> None:
        """Carry it out, unless it is."""
        if self.is_back:
            migrated(back=False)
        self.is_back = False

    def row(self, model: str, kind: str, key: str, **values: Any) -> UUID:
        rows = self.old.get_model("billing", model).objects.using("owner")
        return UUID(str(rows.create(subscription_id=bought.held().pk, kind=kind, key=key, **values).pk))

    def warned(self, key: str, **values: Any) -> UUID:
        detail = {"period": str(bought.held().periods.get().pk), "percent": 80}
        return self.row("BillingMail", "quota", key, recipient_id=self.olga.pk, detail=detail, **values)

    def owe(self, kind: str, object_id: UUID, **values: Any) -> None:
        Due.objects.create(tenant=HOME, kind=kind, object_id=object_id, due_at=clock.now(), **values)

    def sent(self, *ids: UUID) -> list[str]:
        """Have each sent twice; what went."""
        for mail_id in ids * 2:
            try:
                mail.send(mail_id=mail_id)
            except AlreadyClaimed:
                continue
        return sorted(str(message.subject) for message in outbox.outbox)

    def test_what_is_owed_goes_once_and_what_went_never_again(self) -> None:
        owed, went = self.warned("quota:1"), self.warned("quota:2", status="sent", sent_at=clock.now())
        reminder = self.row("BillingNotice", "recovered", "recovered:1")
        for kind, object_id in (("billing_mail", owed), ("billing_notice", reminder)):
            self.owe(kind, object_id)

        self.forth()

        self.assertEqual(
            set(Due.objects.filter(kind__startswith="billing_").values_list("kind", "object_id")),
            {("billing_mail", owed), ("billing_mail", reminder)},
        )
        self.assertEqual(len(self.sent(owed, went, reminder)), 2)
        self.assertEqual(set(BillingNotice.objects.values_list("status", flat=True)), {"sent"})
        self.assertFalse(Due.objects.filter(kind__startswith="billing_").exists())

    def test_nobody_is_told_again_what_the_release_before_told(self) -> None:
        self.warned("quota:1", status="sent", sent_at=clock.now())
        self.row("BillingNotice", "reminder", "reminder:1", status="sent", sent_at=clock.now())

        self.forth()

        held = bought.held()
        mail.tell_each(held, mail.Kind.QUOTA, key="quota:1", people=[self.olga])
        self.assertFalse(mail.tell(held, mail.Kind.REMINDER, key="reminder:1"))
        self.assertEqual((BillingNotice.objects.count(), Due.objects.filter(kind="billing_mail").count()), (2, 0))

    def test_who_was_given_up_stays_so_and_can_be_retried(self) -> None:
        given_up = self.warned("quota:1", status="failed", attempts=12, error="TimeoutError")
        self.owe("billing_mail", given_up, failed_at=clock.now())

        self.forth()

        row = BillingNotice.objects.get()
        self.assertEqual((row.status, row.attempts, row.person_id), ("failed", 12, self.olga.pk))
        due.retry(Due.objects.get(object_id=given_up))
        self.assertEqual(len(self.sent(given_up)), 1)

    def test_a_trial_that_runs_is_told_of_its_end_and_one_that_is_paid_for_is_not(self) -> None:
        ends = clock.now() + timedelta(days=10)
        held = bought.held()
        Subscription.objects.filter(pk=held.pk).update(status="trialing", trial_ends_at=ends)

        self.forth()

        (row,) = Due.objects.filter(kind="trial_ends")
        self.assertEqual((row.tenant, row.object_id, row.due_at), (HOME, held.pk, ends - timedelta(days=3)))

    def test_taken_back_every_mail_is_where_it_was(self) -> None:
        ids = {self.warned("quota:1"), self.row("BillingNotice", "reminder", "reminder:1")}
        for object_id in ids:
            self.owe("billing_mail", object_id)
        self.forth()

        old = self.back()

        found = [set(old.get_model("billing", name).objects.using("owner").values_list("pk", flat=True))
                 for name in ("BillingMail", "BillingNotice")]  # fmt: skip
        self.assertEqual((found[0] | found[1], [len(one) for one in found]), (ids, [1, 1]))
        self.assertEqual(
            set(Due.objects.filter(kind__startswith="billing_").values_list("kind", "object_id")),
            {("billing_mail", *found[0]), ("billing_notice", *found[1])},
        )
        self.forth()


class BothReleasesTests(TenantTestCase):
    """While a deploy runs, workers of the release before owe and send by the old names."""

    def setUp(self) -> None:
        super().setUp()
        person("olga@alpha.example", role=Role.OWNER)
        self.row = BillingNotice.objects.create(subscription=bought.held(), kind="details_missing", key="details:1")
        due.owe(mail.OLD_DUE, self.row.pk)

    def test_a_mail_that_they_owed_goes_once_by_its_old_task(self) -> None:
        send = partial(tasks.send_notice, tenant=HOME, notice_id=str(self.row.pk))
        send()
        send()

        self.assertEqual(len(outbox.outbox), 1)
        self.assertFalse(Due.objects.filter(object_id=self.row.pk).exists())

    def test_what_they_sent_and_settled_by_the_old_name_is_not_looked_at_for_ever(self) -> None:
        due.rename(mail.OLD_DUE, self.row.pk, to=mail.DUE)
        BillingNotice.objects.update(status="sent", sent_at=clock.now())

        with self.assertRaises(AlreadyClaimed):
            mail.send(mail_id=self.row.pk)

        self.assertEqual(len(outbox.outbox), 0)
        self.assertFalse(Due.objects.filter(object_id=self.row.pk).exists())

    def test_what_they_gave_up_is_retried_from_the_admin(self) -> None:
        BillingNotice.objects.update(status="failed")
        due.fail(mail.OLD_DUE, self.row.pk, "TimeoutError")

        due.retry(Due.objects.get(object_id=self.row.pk))

        (row,) = Due.objects.filter(object_id=self.row.pk)
        self.assertEqual((row.kind, row.failed_at), (mail.DUE, None))

    def test_another_tenants_worker_neither_sends_nor_settles_it(self) -> None:
        with tenancy.enter(OTHER), self.assertRaises(AlreadyClaimed):
            mail.send(mail_id=self.row.pk)
        tasks.send_notice(tenant=OTHER, notice_id=str(self.row.pk))

        self.row.refresh_from_db()
        self.assertEqual((self.row.status, len(outbox.outbox)), ("owed", 0))
        self.assertTrue(Due.objects.filter(kind=mail.OLD_DUE, object_id=self.row.pk).exists())

    def test_one_key_is_one_mail_to_all_and_one_to_each(self) -> None:
        held, olga = bought.held(), person("other@alpha.example", role=Role.OWNER)
        for _ in range(2):
            mail.tell(held, mail.Kind.REMINDER, key="reminder:2", number=1)
            mail.tell_each(held, mail.Kind.QUOTA, key="reminder:2", people=[olga], period=str(uuid7()))

        self.assertEqual(BillingNotice.objects.filter(key="reminder:2").count(), 2)
