"""Work that somebody holds is looked at again when its lease is over."""

from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from core import claims, due
from core.models import Due
from core.testing import OTHER, TenantTestCase
from core.tests import rows
from core.tests.test_due import seconds_left

Mail = rows.model("interviews.Mail")


class LookWhenFreeTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.mail = rows.mail()
        due.owe("test.letter", self.mail.pk, after=timedelta(hours=1))

    def test_whoever_finds_the_work_held_has_it_looked_at_when_the_lease_is_over(self) -> None:
        with claims.take(Mail, self.mail.pk), self.assertRaises(claims.AlreadyClaimed), claims.take(Mail, self.mail.pk):
            self.fail("Both got it.")

        self.assertEqual(Due.objects.get().due_at, Mail.objects.get().lease_until)
        self.assertTrue(5 < seconds_left(self.mail.pk) <= 10)

    def test_a_lease_that_is_over_moves_nothing(self) -> None:
        with claims.take(Mail, self.mail.pk):
            Mail.objects.update(lease_until=Now() - timedelta(seconds=1))

        due.look_when_free(Mail, self.mail.pk)

        self.assertGreater(seconds_left(self.mail.pk), 3590)

    def test_another_tenants_work_of_the_same_id_stays_where_it_is(self) -> None:
        with self.in_tenant(OTHER):
            due.owe("test.letter", self.mail.pk, after=timedelta(hours=2))

        with claims.take(Mail, self.mail.pk):
            due.look_when_free(Mail, self.mail.pk)

        left = Due.objects.annotate(left=F("due_at") - Now()).order_by("due_at").values_list("tenant", "left")
        seconds = {tenant: pause.total_seconds() for tenant, pause in left}
        self.assertTrue(5 < seconds["alpha"] <= 10)
        self.assertGreater(seconds["beta"], 7190)
