"""What support access and a suspension mean for interviews."""

from datetime import timedelta

from django.urls import reverse

from accounts.roles import SUPPORT, SUPPORT_WRITE, Permission, Role, allows
from core import clock
from core.testing import TenantTestCase
from interviews.models import Interview, JobVersion
from interviews.services import lifecycle
from interviews.tests import make
from tenants.services import support
from tenants.tests.supported import asked, entered, staff, trail


class SupportTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = staff()

    def writer(self) -> object:
        grant = asked(self.root, scope="write")
        support.approve(grant_id=grant.pk, by=make.staff(Role.OWNER))
        return entered(grant, self.root)

    def test_an_interview_opens_blind_and_the_look_is_recorded(self) -> None:
        interview = make.evaluated(make.invited())
        page = entered(asked(self.root), self.root).get(reverse("portal_interview", args=[interview.pk]))

        self.assertEqual(page.status_code, 200)
        self.assertFalse(page.context["evaluation"] and page.context["evaluation"].get("overall"))
        self.assertEqual(
            [row[:3] for row in trail(action="interview.viewed")], [("interview.viewed", "support", self.root.pk)]
        )

    def test_neither_kind_of_grant_rates_decides_invites_or_handles(self) -> None:
        for role in (SUPPORT, SUPPORT_WRITE):
            for permission in (
                *(Permission.REVIEW, Permission.DECIDE, Permission.INVITE, Permission.HANDLE_REQUESTS),
                *(Permission.MANAGE_PEOPLE, Permission.MANAGE_SIGN_IN, Permission.MANAGE_API_KEYS),
                *(Permission.ALLOW_SUPPORT, Permission.CLOSE_TENANT),
            ):
                self.assertFalse(allows(role, permission), f"{role} {permission}")

    def test_settings_are_published_in_nobodys_name_and_audited_as_support(self) -> None:
        job = make.job()
        path = reverse("portal_job_settings", args=[job.pk])
        form = {"evaluation_waits_hours": "6", "follows": "1", "words_every_reply": "on"}

        reader = entered(asked(self.root), self.root)
        self.assertEqual(reader.get(path).status_code, 403)
        self.assertEqual(reader.post(path, form).status_code, 403)
        self.assertEqual(JobVersion.objects.count(), 1)

        response = self.writer().post(path, form)  # type: ignore[attr-defined]

        self.assertEqual(response.status_code, 303)
        version = JobVersion.objects.get(number=2)
        self.assertEqual((version.published_by, version.evaluation_waits_hours), (None, 6))
        self.assertEqual([row[1:3] for row in trail(action="job.settings_changed")], [("support", self.root.pk)])


class SuspensionTests(TenantTestCase):
    def test_what_ran_and_what_waited_ends_as_much_later_and_what_was_over_stays_over(self) -> None:
        stood, now = timedelta(days=2), clock.now()
        running, waiting = make.started(), make.invited("joan@example.org").interview
        over = make.invited("grace@example.org").interview
        Interview.objects.filter(pk=running.pk).update(deadline_at=now - timedelta(hours=1))
        Interview.objects.filter(pk=waiting.pk).update(expires_at=now - timedelta(hours=1))
        Interview.objects.filter(pk=over.pk).update(expires_at=now - timedelta(days=3))

        lifecycle.give_time_back(stood)

        for interview in (running, waiting, over):
            interview.refresh_from_db()
        later = now - timedelta(hours=1) + stood
        self.assertEqual((running.deadline_at, waiting.expires_at), (later, later))
        self.assertEqual(over.expires_at, now - timedelta(days=3))
