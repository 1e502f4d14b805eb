"""Assigning hiring managers to jobs and reviewers to interviews."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.roles import NotPermitted, Role
from accounts.services import people
from compliance.audit.models import AuditEvent
from core.ids import uuid7
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Interview, InterviewAssignment, Job, JobAssignment
from interviews.services import assignments
from interviews.tests import make, team


class Case(TenantTestCase):
    interview: Interview
    job: Job
    recruiter: User
    manager: User
    reviewer: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview, cls.recruiter = make.evaluated(), make.staff()
        cls.job = cls.interview.application.job
        cls.manager, cls.reviewer = make.staff(Role.HIRING_MANAGER), make.staff(Role.REVIEWER)

    def assigned(self) -> tuple[list[Any], list[Any]]:
        """The people of the job and of the interview."""
        managers = JobAssignment.objects.filter(job=self.job).values_list("user", flat=True)
        reviewers = InterviewAssignment.objects.filter(interview=self.interview).values_list("user", flat=True)
        return list(managers), list(reviewers)


class ServiceTests(Case):
    def assign(self, job_user: User, interview_user: User, by: User) -> list[type[Exception] | None]:
        """How each of the two ended."""
        ended: list[type[Exception] | None] = []
        acts: list[Callable[[], None]] = [
            lambda: assignments.assign_job(job_id=self.job.pk, user_id=job_user.pk, by=by),
            lambda: assignments.assign_interview(interview_id=self.interview.pk, user_id=interview_user.pk, by=by),
        ]
        for act in acts:
            try:
                act()
                ended.append(None)
            except (assignments.CannotAssign, NotPermitted, Job.DoesNotExist, Interview.DoesNotExist) as error:
                ended.append(type(error))
        return ended

    def test_an_assignment_is_stored_once_and_audited_once(self) -> None:
        for _ in range(2):
            self.assertEqual(self.assign(self.manager, self.reviewer, self.recruiter), [None, None])

        self.assertEqual(self.assigned(), ([self.manager.pk], [self.reviewer.pk]))
        events = AuditEvent.objects.filter(action__endswith=".assigned").order_by("id")
        self.assertEqual(
            [(event.action, event.object_id, event.detail) for event in events],
            [
                ("job.assigned", str(self.job.pk), {"user": str(self.manager.pk)}),
                ("interview.assigned", str(self.interview.pk), {"user": str(self.reviewer.pk)}),
            ],
        )

    def test_taking_it_away_removes_and_audits_it_once(self) -> None:
        self.assign(self.manager, self.reviewer, self.recruiter)

        for _ in range(2):
            assignments.unassign_job(job_id=self.job.pk, user_id=self.manager.pk, by=self.recruiter)
            assignments.unassign_interview(interview_id=self.interview.pk, user_id=self.reviewer.pk, by=self.recruiter)

        self.assertEqual(self.assigned(), ([], []))
        self.assertEqual(make.actions("job.un"), ["job.unassigned"])
        self.assertEqual(make.actions("interview.un"), ["interview.unassigned"])

    def test_only_an_active_person_with_the_role_can_be_assigned(self) -> None:
        nobody = User(pk=uuid7())
        refused = [assignments.CannotAssign] * 2
        self.assertEqual(self.assign(self.reviewer, self.manager, self.recruiter), refused)
        self.assertEqual(self.assign(self.recruiter, self.recruiter, self.recruiter), refused)
        self.assertEqual(self.assign(nobody, nobody, self.recruiter), refused)
        for person in (self.manager, self.reviewer):
            people.disable(user_id=person.pk, source="test")
        self.assertEqual(self.assign(self.manager, self.reviewer, self.recruiter), refused)

        self.assertEqual(self.assigned(), ([], []))
        self.assertEqual(make.actions("job.assigned"), [])

    def test_a_person_of_another_tenant_cannot_be_assigned(self) -> None:
        with self.in_tenant(OTHER):
            manager = make.staff(Role.HIRING_MANAGER, email="theirs@beta.example")
            reviewer = make.staff(Role.REVIEWER, email="theirs-too@beta.example")

        self.assertEqual(self.assign(manager, reviewer, self.recruiter), [assignments.CannotAssign] * 2)

        self.assertEqual(self.assigned(), ([], []))

    def test_who_may_not_assign_assigns_and_unassigns_nobody_not_even_themselves(self) -> None:
        for role in (Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            by = team.staff_of(self.interview, role)
            before = self.assigned()
            with make.writes() as written:
                self.assertEqual(self.assign(self.manager, self.reviewer, by), [NotPermitted] * 2)
                with self.assertRaises(NotPermitted):
                    assignments.unassign_job(job_id=self.job.pk, user_id=self.manager.pk, by=by)
                with self.assertRaises(NotPermitted):
                    assignments.unassign_interview(interview_id=self.interview.pk, user_id=self.reviewer.pk, by=by)
            self.assertEqual((self.assigned(), written.tables), (before, {}))


class PageTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.client = make.signed_in(self.recruiter)
        self.tab = reverse("portal_job", args=[self.job.pk]) + "?tab=people"
        self.page = reverse("portal_interview", args=[self.interview.pk])
        self.assign_job = reverse("portal_assign_job", args=[self.job.pk])
        self.assign_interview = reverse("portal_assign_interview", args=[self.interview.pk])

    def removals(self) -> list[str]:
        return [
            reverse("portal_unassign_job", args=[self.job.pk, self.manager.pk]),
            reverse("portal_unassign_interview", args=[self.interview.pk, self.reviewer.pk]),
        ]

    def test_the_tab_of_a_job_assigns_and_removes_hiring_managers(self) -> None:
        self.assertContains(self.client.get(self.tab), "Nobody is assigned yet.")

        response = self.client.post(self.assign_job, {"user": self.manager.pk})

        self.assertRedirects(response, self.tab, status_code=303)
        self.assertEqual(self.assigned()[0], [self.manager.pk])
        self.assertContains(self.client.get(self.tab), self.removals()[0])
        self.assertRedirects(self.client.post(self.removals()[0]), self.tab, status_code=303)
        self.assertEqual(self.assigned()[0], [])

    def test_the_page_of_an_interview_assigns_and_removes_reviewers(self) -> None:
        response = self.client.post(self.assign_interview, {"user": self.reviewer.pk})

        self.assertRedirects(response, self.page, status_code=303)
        self.assertEqual(self.assigned()[1], [self.reviewer.pk])
        self.assertContains(self.client.get(self.page), self.removals()[1])
        self.assertRedirects(self.client.post(self.removals()[1]), self.page, status_code=303)
        self.assertEqual(self.assigned()[1], [])

    def test_only_people_who_could_be_assigned_are_offered(self) -> None:
        off = make.staff(Role.HIRING_MANAGER, email="off@staff.example", name="Switched Off")
        people.disable(user_id=off.pk, source="test")

        html = self.client.get(self.tab).content.decode()

        self.assertIn(f'<option value="{self.manager.pk}"', html)
        for person in (off, self.reviewer, self.recruiter):
            self.assertNotIn(f'<option value="{person.pk}"', html)

    def test_who_was_disabled_or_got_another_role_is_shown_as_without_access_and_can_be_removed(self) -> None:
        team.assigned(self.manager, self.job)
        people.disable(user_id=self.manager.pk, source="test")
        self.assertContains(self.client.get(self.tab), "no access: disabled")
        people.enable(user_id=self.manager.pk, source="test")
        people.change_role(user_id=self.manager.pk, role=Role.AUDITOR, source="test")
        self.assertContains(self.client.get(self.tab), "no access here: has another role now")

        self.client.post(self.removals()[0])

        self.assertEqual(self.assigned()[0], [])

    def test_nobody_or_somebody_who_cannot_be_is_a_message_and_no_row(self) -> None:
        for bad in ({}, {"user": ""}, {"user": "x"}):
            self.assertContains(self.client.post(self.assign_job, bad, follow=True), "Choose a person.")
        response = self.client.post(self.assign_job, {"user": self.reviewer.pk}, follow=True)
        self.assertContains(response, "Choose an active person whose role is hiring manager.")
        response = self.client.post(self.assign_interview, {"user": self.manager.pk}, follow=True)
        self.assertContains(response, "Choose an active person whose role is reviewer.")

        self.assertEqual(self.assigned(), ([], []))

    def test_strangers_and_roles_that_may_not_change_nothing(self) -> None:
        with self.in_tenant(OTHER):
            theirs = make.signed_in(make.staff(Role.OWNER), OTHER)
        roles = (Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR)
        clients = {"nobody": (TenantClient(), {302}), "beta": (make.carried(theirs), {302})}
        clients |= {role: (make.signed_in(team.staff_of(self.interview, role)), {403}) for role in roles}
        before = self.assigned()
        for who, (client, codes) in clients.items():
            with make.writes() as written:
                found = {
                    client.post(self.assign_job, {"user": self.manager.pk}).status_code,
                    client.post(self.assign_interview, {"user": self.reviewer.pk}).status_code,
                    *(client.post(url).status_code for url in self.removals()),
                }
            self.assertEqual((found, written.tables, self.assigned()), (codes, {}, before), who)

    def test_who_may_not_assign_is_offered_nothing(self) -> None:
        for role in (Role.HIRING_MANAGER, Role.REVIEWER):
            client = make.signed_in(team.staff_of(self.interview, role))
            self.assertNotContains(client.get(self.tab), "tab=people")
            self.assertNotContains(client.get(self.page), "/reviewers/")
