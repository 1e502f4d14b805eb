"""The permission matrix at work: for every role and every permission an act that needs it, allowed or refused.

What is allowed happens; what is refused writes nothing. Which cells are allowed is decided in accounts.roles.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from accounts import roles
from accounts.models import User
from accounts.roles import NotPermitted, Permission, Role
from accounts.views.guard import permitted
from compliance.selectors import Wanted
from compliance.services import trail
from core.testing import TenantTestCase
from interviews.models import CandidateRequest, Interview
from interviews.services import assignments, invitations, jobs, opening, reading, requests
from interviews.tests import make, team
from llm.api import OptimizationStats

NOTHING_WRITTEN = (Permission.VIEW_JOBS, Permission.VIEW_MODEL_USE)  # whose act, where it is allowed, only reads
_P = Permission


class EveryCellTests(TenantTestCase):
    interview: Interview
    unrated: Interview
    asked: CandidateRequest
    people: dict[str, User]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.evaluated()
        opening.ask_for_a_person(make.opened(make.invited("joan@example.org")))
        cls.asked = CandidateRequest.objects.get()
        cls.people = {role: team.staff_of(cls.interview, role) for role in Role.values}
        cls.unrated = make.evaluated(make.invited("grace@example.org"))
        team.assigned(cls.people[Role.REVIEWER], cls.unrated)
        cls.people |= {role: User(role=role, name="Support") for role in roles.SUPPORT_ROLES}
        for role in Role.values:
            if roles.allows(role, Permission.REVIEW) and roles.allows(role, Permission.DECIDE):
                make.reviewed(cls.interview, cls.people[role])

    def view_jobs(self, by: User) -> None:
        self.assertEqual(len(reading.jobs(by=by)), 1)

    def manage_jobs(self, by: User) -> None:
        jobs.publish_job(plan=make.PLAN, by=by)

    def view_candidates(self, by: User) -> None:
        shown = reading.open_interview(by=by, interview_id=self.interview.pk)
        self.assertEqual(shown["candidate"]["name"], "Ada Lovelace")

    def invite(self, by: User) -> None:
        job_id = self.interview.application.job_id
        invitations.invite(job_id=job_id, name="Eve", email=f"{by.role}@example.org", days=7, by=by)

    def assign(self, by: User) -> None:
        other = make.staff(Role.REVIEWER, email="other@staff.example")
        assignments.assign_interview(interview_id=self.interview.pk, user_id=other.pk, by=by)

    def review(self, by: User) -> None:
        make.reviewed(self.unrated, by)

    def decide(self, by: User) -> None:
        make.decided(self.interview, by)

    def handle_requests(self, by: User) -> None:
        requests.handle(request_id=self.asked.pk, by=by)

    def view_audit(self, by: User) -> None:
        self.assertTrue(trail.read(by=by, wanted=Wanted())["events"])

    def view_model_use(self, by: User) -> None:
        response = OptimizationStats.as_view()(self.request(by))
        if response.status_code == 403:
            raise NotPermitted

    def request(self, by: User) -> HttpRequest:
        request = RequestFactory().get("/")
        request.user = by
        return request

    def act(self, permission: Permission) -> Callable[[User], Any]:
        """What the permission is for; of what has no service in these rooms, its page's guard."""
        own = getattr(self, permission.value, None)
        return own or (lambda by: self.page(permission, by))

    def page(self, permission: Permission, by: User) -> None:
        @permitted(permission)
        def view(request: HttpRequest, user: User) -> HttpResponse:
            make.staff(email="made@staff.example")
            return HttpResponse()

        try:
            view(self.request(by))
        except PermissionDenied as error:
            raise NotPermitted from error

    def outcome(self, permission: Permission, by: User) -> tuple[bool, bool]:
        """Whether the act was allowed, and whether it wrote; undone afterwards."""
        make.staff(Role.REVIEWER, email="other@staff.example")
        with make.writes() as written, transaction.atomic():
            try:
                self.act(permission)(by)
                allowed = True
            except NotPermitted:
                allowed = False
            transaction.set_rollback(True)
        return allowed, bool(written)

    def test_every_role_does_what_the_matrix_allows_and_is_refused_the_rest_with_nothing_written(self) -> None:
        for permission in Permission:
            for role, person in self.people.items():
                with self.subTest(f"{role}: {permission}"):
                    allowed = roles.allows(role, permission)
                    writes = allowed and permission not in NOTHING_WRITTEN
                    self.assertEqual(self.outcome(permission, person), (allowed, writes))

    def test_what_these_rooms_do_is_done_by_a_service_and_not_by_a_guard_alone(self) -> None:
        own = {permission for permission in Permission if hasattr(self, permission.value)}

        self.assertEqual(
            set(Permission) - own,
            {
                *(_P.MANAGE_PEOPLE, _P.MANAGE_SIGN_IN, _P.MANAGE_API_KEYS),
                *(_P.MANAGE_SETTINGS, _P.ALLOW_SUPPORT, _P.CLOSE_TENANT, _P.VIEW_BILLING, _P.MANAGE_BILLING),
            },
        )

    def test_the_support_of_the_matrix_is_no_row(self) -> None:
        self.assertFalse(User.objects.filter(role__in=roles.SUPPORT_ROLES).exists())
