"""Reading people's data: one audit row a page view, none for the candidate, and lists that do not slow down."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from compliance.audit.models import AuditEvent
from core import tenancy
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Interview
from interviews.services import opening
from interviews.tests import make, team


class AuditTests(TenantTestCase):
    interview: Interview
    person: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview, cls.person = make.evaluated(), make.staff()

    def setUp(self) -> None:
        super().setUp()
        self.client = make.signed_in(self.person)
        self.before = AuditEvent.objects.count()

    def new_rows(self) -> list[AuditEvent]:
        return list(AuditEvent.objects.order_by("id")[self.before :])

    def assert_one_row(self, url: str, action: str, **fields: Any) -> None:
        self.assertEqual(self.client.get(url).status_code, 200)

        (row,) = self.new_rows()
        self.assertEqual((row.action, row.actor_type, row.actor_id), (action, "user", self.person.pk))
        self.assertEqual({name: getattr(row, name) for name in fields}, fields)
        self.assertTrue(row.request_id)

    def test_the_overview(self) -> None:
        self.assert_one_row("/", "portal.home_viewed")

    def test_the_candidates(self) -> None:
        self.assert_one_row("/candidates/?stage=invited", "candidates.listed", detail={"job": "", "stage": "invited"})

    def test_a_job(self) -> None:
        job_id = self.interview.application.job_id

        self.assert_one_row(reverse("portal_job", args=[job_id]), "job.viewed", detail={"job": str(job_id)})

    def test_an_interview(self) -> None:
        url = reverse("portal_interview", args=[self.interview.pk])

        self.assert_one_row(
            url, "interview.viewed", object_id=str(self.interview.pk), subject_id=self.interview.subject_id, detail={}
        )

    def test_the_jobs_and_the_form_of_an_invitation_hold_nobodys_data(self) -> None:
        for url in ("/jobs/", reverse("portal_invite", args=[self.interview.application.job_id])):
            self.assertEqual(self.client.get(url).status_code, 200)

        self.assertEqual(self.new_rows(), [])

    def test_what_is_refused_or_not_there_was_not_read(self) -> None:
        auditor = make.signed_in(make.staff(Role.AUDITOR))
        page = reverse("portal_interview", args=[self.interview.pk])
        missing = reverse("portal_interview", args=[self.person.pk])
        for client, url in ((auditor, "/candidates/"), (auditor, page), (self.client, missing)):
            self.assertIn(client.get(url).status_code, (403, 404))
        self.assertEqual(TenantClient().get(page).status_code, 302)

        self.assertEqual(self.new_rows(), [])

    def test_only_those_who_handle_requests_read_them(self) -> None:
        detail = "I have epilepsy."
        opening.ask_for_adjustment(make.opened(make.invited("joan@example.org")), time_factor=None, detail=detail)

        roles = (Role.OWNER, Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER)
        read = [role for role in roles if detail in make.signed_in(make.staff(role)).get("/").content.decode()]

        self.assertEqual(read, [Role.OWNER, Role.RECRUITER])

    def test_who_only_rates_sees_what_was_decided_after_the_own_review_alone(self) -> None:
        make.reviewed(self.interview, self.person)
        make.decided(self.interview, self.person, "reject")
        reviewer = team.staff_of(self.interview, Role.REVIEWER)
        client, name = make.signed_in(reviewer), self.interview.application.candidate.name

        self.assertEqual(client.get("/candidates/").content.count(b"Rejected"), 1)  # the filter's choice
        self.assertNotContains(client.get("/candidates/?stage=rejected"), name)
        self.assertContains(self.client.get("/candidates/?stage=rejected"), name)
        make.reviewed(self.interview, reviewer)
        self.assertContains(client.get("/candidates/?stage=rejected"), name)

    def test_no_stage_tells_who_only_rates_that_nothing_was_decided_yet(self) -> None:
        reviewer = team.staff_of(self.interview, Role.REVIEWER)
        client, name = make.signed_in(reviewer), self.interview.application.candidate.name
        undecided = f"/candidates/?stage={self.interview.application.stage}"

        self.assertContains(client.get("/candidates/"), name)
        self.assertNotContains(client.get(undecided), name)
        self.assertContains(self.client.get(undecided), name)

    def test_an_auditor_is_led_to_the_jobs_and_sees_plans_and_no_candidate(self) -> None:
        auditor = make.signed_in(make.staff(Role.AUDITOR))
        job = reverse("portal_job", args=[self.interview.application.job_id])

        self.assertRedirects(auditor.get("/"), "/jobs/")
        response = auditor.get(job + "?tab=candidates")

        self.assertContains(response, make.PLAN.questions[0].text)
        for hidden in (self.interview.application.candidate.name, "tab=candidates", 'href="/candidates/"'):
            self.assertNotContains(response, hidden)

    def test_looking_in_one_tenant_writes_nothing_in_another(self) -> None:
        self.client.get("/")

        with self.in_tenant(OTHER):
            self.assertFalse(AuditEvent.objects.filter(action="portal.home_viewed").exists())

    def test_a_candidates_own_reading_and_polling_leave_no_rows(self) -> None:
        one = make.invited("joan@example.org")
        interview = make.started(one)
        turn = make.answered(interview)
        client, before = make.browser(one.invitation), AuditEvent.objects.count()

        for _ in range(3):
            client.get(reverse("candidate_home", args=[interview.pk]))
            client.get(reverse("api_turn", args=[turn.pk]))

        self.assertEqual(AuditEvent.objects.count(), before)

    def test_what_a_candidate_does_is_done_by_the_candidate(self) -> None:
        one = make.invited("joan@example.org")
        make.browser(one.invitation).post(reverse("candidate_home", args=[one.interview.pk]))

        row = AuditEvent.objects.order_by("id").last()
        assert row
        self.assertEqual((row.action, row.actor_type), ("interview.opened", "candidate"))
        self.assertEqual((row.actor_id, row.subject_id), (one.interview.subject_id, one.interview.subject_id))

    def test_the_trail_holds_ids_and_states_but_no_words(self) -> None:
        opening.ask_for_adjustment(make.opened(make.invited("joan@example.org")), time_factor=None, detail="Dyslexia.")

        held = " ".join(str(list(row.items())) for row in AuditEvent.objects.values())
        for word in ("Ada", "Lovelace", "example.org", "Dyslexia", "orders table"):
            self.assertNotIn(word, held)


class ListTests(TenantTestCase):
    """The same number of queries, however many rows there are."""

    person: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.person = make.staff()
        for name in ("a", "b"):
            cls.fill(name)

    def setUp(self) -> None:
        super().setUp()
        self.client = make.signed_in(self.person)

    @classmethod
    def fill(cls, name: str) -> None:
        """An evaluated and reviewed interview, a finished one to review, a failed reply, and a request."""
        make.reviewed(make.evaluated(make.invited(f"{name}1@example.org")), cls.person)
        make.evaluated(make.invited(f"{name}2@example.org"))
        failing = make.started(make.invited(f"{name}3@example.org"))
        make.answered(failing)
        failing.turns.update(status="failed")
        opening.ask_for_a_person(make.opened(make.invited(f"{name}4@example.org")))

    def count(self, url: str) -> int:
        """Queries of a page whose process has just read what it keeps for seconds: the tenant and the registry."""
        tenancy.forget()
        self.client.get("/branding.css")
        make.read_what_is_kept()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            self.assertEqual(self.client.get(url).status_code, 200)
        return len(queries)

    def assert_queries(self, url: str, number: int) -> None:
        self.assertEqual(self.count(url), number)
        for name in ("c", "d"):
            self.fill(name)
        self.assertEqual(self.count(url), number)

    def test_the_candidates(self) -> None:
        self.assert_queries("/candidates/", 16)

    def test_the_overview(self) -> None:
        self.assert_queries("/", 14)

    def test_the_jobs(self) -> None:
        self.assert_queries("/jobs/", 7)
        for number in range(3):
            make.job(f"job-{number}")
        self.assertEqual(self.count("/jobs/"), 7)

    def test_a_job(self) -> None:
        self.assert_queries(reverse("portal_job", args=[make.job().pk]), 20)

    def test_the_candidates_are_cut_into_pages(self) -> None:
        for number in range(20):
            make.invited(f"more{number}@example.org")

        first, second = (self.client.get(f"/candidates/?page={page}") for page in (1, 2))

        self.assertEqual([len(page.context["page"].object_list) for page in (first, second)], [25, 3])
        self.assertEqual(self.client.get("/candidates/?page=x").status_code, 200)
        self.assertEqual(self.client.get("/candidates/?page=999").status_code, 200)

    def test_a_filter_that_is_none_shows_everything_instead_of_failing(self) -> None:
        response = self.client.get("/candidates/?job=nope&stage=nope&page=-1")

        self.assertEqual((response.status_code, len(response.context["page"].object_list)), (200, 8))

    def test_names_open_only_for_this_tenant(self) -> None:
        with self.in_tenant(OTHER):
            make.invited("theirs@example.org", name="Grace Hopper")

        self.assertNotContains(self.client.get("/candidates/"), "Grace Hopper")
        self.assertContains(self.client.get("/candidates/"), "Ada Lovelace")
