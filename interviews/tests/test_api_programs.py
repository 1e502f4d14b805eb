"""What programs list and write with a key: keys, states and times of their own tenant, never what anybody said."""

import json

from accounts.programs import Scope
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Interview
from interviews.tests import make
from tenants.tests.keyed import key, owner, program

INTERVIEWS, INVITATIONS, JOBS = "/api/v1/interviews", "/api/v1/invitations", "/api/v1/jobs"


class ProgramTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.text = key(by=owner())[1]
        self.program = program(self.text)

    def test_interviews_come_in_pages_newest_first_with_states_and_times_alone(self) -> None:
        made = [make.started(make.invited(email=f"{n}@example.org")) for n in range(3)]

        first = self.program.get(INTERVIEWS, {"page_size": 2}).json()
        second = self.program.get(first["next"]).json()

        ids = [row["id"] for row in first["results"] + second["results"]]
        self.assertEqual(ids, sorted((str(one.pk) for one in made), reverse=True))
        self.assertIsNone(second["next"])
        self.assertEqual(
            sorted(first["results"][0]),
            sorted(
                [
                    "id",
                    "application_id",
                    "job_id",
                    "number",
                    "status",
                    "created_at",
                    "started_at",
                    "completed_at",
                    "last_activity_at",
                    "expires_at",
                ]
            ),
        )
        self.assertEqual(first["results"][0]["status"], "in_progress")

    def test_a_page_is_three_queries_however_long_it_is(self) -> None:
        for n in range(3):
            make.invited(email=f"{n}@example.org")
        self.program.get(INTERVIEWS)

        with self.assertNumQueries(5):  # two schemas entered; the key with its tenant, its maker, the page
            self.program.get(INTERVIEWS)

    def test_a_cursor_that_is_none_is_not_found(self) -> None:
        for cursor in ("x", "cD14", "cD0wMDAwMDAwMC0wMDAw", "%00", "cD0="):
            with self.subTest(cursor):
                self.assertIn(self.program.get(INTERVIEWS, {"cursor": cursor}).status_code, (200, 404))

    def test_jobs_are_listed(self) -> None:
        job = make.job()

        self.assertEqual(
            self.program.get(JOBS).json()["results"],
            [{"id": str(job.pk), "slug": job.slug, "title": job.title, "status": "open"}],
        )

    def test_an_invitation_tells_the_program_no_link(self) -> None:
        job = make.job()
        body = {"job_id": str(job.pk), "name": "Eve", "email": "eve@example.org", "days_valid": 3}

        response = self.program.post(INVITATIONS, body, "application/json")

        interview = Interview.objects.get()
        self.assertEqual(response.status_code, 201)
        self.assertEqual(sorted(response.json()), ["expires_at", "id", "status"])
        self.assertEqual(response.json()["id"], str(interview.pk))
        again = self.program.post(INVITATIONS, body, "application/json")
        self.assertEqual((again.status_code, again.json()["title"]), (400, "cannot invite"))
        self.assertEqual(Interview.objects.count(), 1)

    def test_what_can_t_be_an_invitation_writes_nothing(self) -> None:
        job = make.job()
        for body in ("{", "[]", "[" * 5000, json.dumps({"job_id": str(job.pk), "name": "E", "email": "x"}), "null"):
            with self.subTest(body[:20]):
                response = self.program.post(INVITATIONS, body, "application/json")
                self.assertEqual(response.status_code, 400)
        self.assertEqual(Interview.objects.count(), 0)

    def test_without_a_key_or_with_another_tenant_s_there_is_nothing(self) -> None:
        job = make.job()
        make.invited()
        body = {"job_id": str(job.pk), "name": "Eve", "email": "eve@example.org"}
        theirs = key(by=owner(OTHER), tenant=OTHER)[1]

        for client, status in ((TenantClient(), 401), (program(theirs, "alpha"), 401), (TenantClient("api"), 401)):
            for path in (INTERVIEWS, JOBS):
                self.assertEqual(client.get(path).status_code, status)
            self.assertEqual(client.post(INVITATIONS, body, "application/json").status_code, status)
        self.assertEqual(program(theirs).get(INTERVIEWS).json()["results"], [])
        self.assertEqual(program(theirs).post(INVITATIONS, body, "application/json").status_code, 400)
        self.assertEqual(Interview.objects.count(), 1)

    def test_the_description_names_the_key(self) -> None:
        found = TenantClient("api").get("/api/schema", headers={"Accept": "application/vnd.oai.openapi+json"}).json()

        self.assertEqual(found["components"]["securitySchemes"]["apiKey"]["name"], "X-API-Key")
        self.assertIn({"apiKey": []}, found["paths"][INTERVIEWS]["get"]["security"])
        self.assertIn({"apiKey": []}, found["paths"]["/api/optimization_stats"]["get"]["security"])
        self.assertEqual(Scope.values[0], "jobs:read")
