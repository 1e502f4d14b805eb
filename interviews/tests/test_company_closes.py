"""While a company closes its account nobody new is invited, and no interview starts."""

from datetime import timedelta

from core import clock, tenancy
from core.testing import HOME, TenantTestCase
from interviews.models import Interview
from interviews.services import invitations
from interviews.services.invitations import CannotInvite
from interviews.tests import make
from tenants.models import Tenant


class CompanyClosesTests(TenantTestCase):
    def close(self) -> None:
        closes_at = clock.now() + timedelta(days=30)
        Tenant.objects.filter(schema_name=HOME).update(status="closing", closes_at=closes_at)
        tenancy.forget()
        tenancy.use(tenancy.by_schema(HOME))

    def test_nobody_new_is_invited(self) -> None:
        job, by = make.job(), make.staff()
        self.close()

        with self.assertRaisesMessage(CannotInvite, "being closed"):
            invitations.invite(job_id=job.pk, name="Ada", email="ada@example.org", days=7, by=by)

        self.assertEqual(Interview.objects.count(), 0)

    def test_an_interview_does_not_start_and_the_page_says_why(self) -> None:
        invited = make.invited()
        Interview.objects.update(status="consented")
        self.close()

        page = make.browser(invited.invitation).post(f"/interview/{invited.interview.pk}/ready/")

        self.assertContains(page, "no longer holds interviews here", status_code=410)
        self.assertEqual(Interview.objects.get().status, "consented")
