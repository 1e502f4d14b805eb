"""What time does to an interview: expiry, an overdue end, a reservation nobody used."""

from datetime import timedelta

from celery import current_app

from billing.models import QuotaUse
from billing.services import periods
from core import clock, due
from core.models import Due
from core.testing import OTHER, TenantTestCase
from interviews.models import Evaluation, Interview, Turn
from interviews.services import lifecycle, submission
from interviews.tests import make


def over(interview: Interview) -> None:
    """The invitation's time is over."""
    Interview.objects.filter(pk=interview.pk).update(expires_at=clock.now() - timedelta(hours=1))


class ExpireTests(TenantTestCase):
    def status(self) -> str:
        return Interview.objects.get().status

    def test_what_was_never_started_expires(self) -> None:
        one = make.invited()
        over(one.interview)

        lifecycle.expire(interview_id=one.interview.pk)

        self.assertEqual((self.status(), make.owed("interview_expiry")), ("expired", []))
        self.assertEqual(make.actions("interview."), ["interview.expired"])

    def test_opened_and_consented_ones_expire_too(self) -> None:
        for number, step in enumerate((make.opened, make.consented)):
            interview = step(make.invited(f"c{number}@example.org"))
            over(interview)

            lifecycle.expire(interview_id=interview.pk)

            interview.refresh_from_db()
            self.assertEqual(interview.status, "expired")

    def test_before_its_time_nothing_expires_and_the_row_is_looked_at_again(self) -> None:
        one = make.invited()

        lifecycle.expire(interview_id=one.interview.pk)

        self.assertEqual((self.status(), make.owed("interview_expiry")), ("invited", [one.interview.pk]))

    def test_what_runs_or_ended_is_left_alone(self) -> None:
        interview = make.started()
        over(interview)

        lifecycle.expire(interview_id=interview.pk)

        self.assertEqual((self.status(), make.owed("interview_expiry")), ("in_progress", []))

    def test_expiring_twice_is_once(self) -> None:
        one = make.invited()
        over(one.interview)
        for _ in range(2):
            lifecycle.expire(interview_id=one.interview.pk)

        self.assertEqual(make.actions("interview.expired"), ["interview.expired"])


class CloseOverdueTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.started()

    def close(self) -> Interview:
        make.overdue(self.interview)
        lifecycle.close_overdue(interview_id=self.interview.pk)
        return Interview.objects.get(pk=self.interview.pk)

    def test_with_answers_it_is_abandoned_and_evaluated_with_what_there_is(self) -> None:
        make.replied(self.interview)

        interview = self.close()

        self.assertEqual((interview.status, Evaluation.objects.get().status), ("abandoned", "owed"))
        self.assertEqual(Turn.objects.filter(answer__isnull=False).count(), 1)
        self.assertEqual((make.owed("interview_deadline"), len(make.owed("evaluation"))), ([], 1))
        self.assertEqual(make.actions("interview.abandoned"), ["interview.abandoned"])

    def test_without_an_answer_nothing_is_evaluated(self) -> None:
        interview = self.close()

        self.assertEqual((interview.status, Evaluation.objects.count()), ("abandoned", 0))
        self.assertEqual(make.owed("evaluation"), [])

    def test_while_a_reply_is_owed_it_waits(self) -> None:
        make.answered(self.interview)

        interview = self.close()

        self.assertEqual((interview.status, make.owed("interview_deadline")), ("in_progress", [interview.pk]))
        later = Due.objects.get(kind="interview_deadline").due_at
        self.assertAlmostEqual(later, clock.now() + timedelta(minutes=1), delta=timedelta(seconds=30))

    def test_a_submitted_one_is_left_alone(self) -> None:
        make.replied(self.interview)
        make.replied(self.interview)
        submission.submit(self.interview, closing="")

        interview = self.close()

        self.assertEqual((interview.status, Evaluation.objects.count()), ("completed", 1))

    def test_closing_twice_is_once(self) -> None:
        make.replied(self.interview)
        for _ in range(2):
            self.close()

        self.assertEqual((Evaluation.objects.count(), len(make.actions("interview.abandoned"))), (1, 1))


class ReleaseQuotaTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.started()
        self.period = periods.current()

    def used(self) -> tuple[int, int]:
        self.period.refresh_from_db()
        return self.period.reserved, self.period.consumed

    def test_an_interview_without_an_answer_is_given_back_once(self) -> None:
        self.assertEqual(self.used(), (1, 0))

        for _ in range(2):
            lifecycle.release_quota(interview_id=self.interview.pk)

        self.assertEqual((self.used(), QuotaUse.objects.get().status), ((0, 0), "released"))
        self.assertEqual((make.owed("quota_release"), make.actions("quota.")), ([], ["quota.released"]))

    def test_an_answered_one_stays_used(self) -> None:
        make.answered(self.interview)

        lifecycle.release_quota(interview_id=self.interview.pk)

        self.assertEqual((self.used(), make.actions("quota.")), ((0, 1), []))


class SweepTests(TenantTestCase):
    def test_what_falls_due_is_done_in_its_own_tenant_by_its_own_task(self) -> None:
        one = make.invited()
        over(one.interview)
        with self.in_tenant(OTHER):
            other = make.invited()
        Due.objects.update(due_at=clock.now() - timedelta(hours=1))
        sent: list[due.Owed] = []

        due.sweep(sent.append)

        wanted = {("alpha", "interview_expiry", one.interview.pk), (OTHER, "interview_expiry", other.interview.pk)}
        self.assertEqual({(owed.tenant, owed.kind, owed.object_id) for owed in sent}, wanted)
        for owed in sent:
            kind = due.kind_of(owed.kind)
            current_app.tasks[kind.task].run(tenant=owed.tenant, **{kind.keyword: str(owed.object_id)})
        self.assertEqual(Interview.objects.get().status, "expired")
        with self.in_tenant(OTHER):
            self.assertEqual(Interview.objects.get().status, "invited")
