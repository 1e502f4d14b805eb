"""While a summary is made its page asks whether it is there, and only a page that a person loads is a reading."""

from typing import Any

from django.urls import reverse

from accounts.roles import Role
from compliance.audit.models import AuditEvent
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import ResumeSummary
from interviews.services import resume_summaries
from interviews.tests import make
from interviews.tests.resumed import file, page, uploaded


class AwaitedTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.evaluated()
        self.person = make.staff()
        make.reviewed(self.interview, self.person)
        self.resume = uploaded(self.interview)
        self.client = make.signed_in(self.person)
        self.url = reverse("portal_resume_awaited", args=[self.interview.pk])

    def asked(self, query: str = "", client: Any = None) -> Any:
        response = (client or self.client).get(self.url + query)
        return response.json() if response.status_code == 200 else response.status_code

    def made(self) -> None:
        resume_summaries.run(summary_id=self.resume.summaries.get().pk)

    def test_the_page_says_so_and_asks_by_itself_and_is_never_loaded_again_by_a_clock(self) -> None:
        html = self.client.get(page(self.interview)).content.decode()

        self.assertIn("The resume is being read", html)
        self.assertIn(f'data-awaited="{self.url}?upload={self.resume.pk}"', html)
        self.assertIn("js/awaited.js", html)
        self.assertNotIn('http-equiv="refresh"', html)

        self.made()
        html = self.client.get(page(self.interview)).content.decode()
        self.assertNotIn("awaited", html)

    def test_it_is_awaited_while_it_is_owed_or_runs_and_not_afterwards(self) -> None:
        found = {}
        for status in ("owed", "running", "failed"):
            ResumeSummary.objects.update(status=status)
            found[status] = self.asked()["awaited"]
        ResumeSummary.objects.update(status="owed")
        self.made()

        self.assertEqual(found, {"owed": True, "running": True, "failed": False})
        self.assertEqual(self.asked(), {"awaited": False})

    def test_asking_is_no_reading_and_a_page_view_is_one(self) -> None:
        rows = AuditEvent.objects.filter(action="resume.viewed")
        self.client.get(page(self.interview))
        self.assertEqual(rows.count(), 1)

        with make.writes() as written:
            for _ in range(5):
                self.asked()

        self.assertEqual((written.tables, rows.count()), ({}, 1))
        self.client.get(page(self.interview))
        self.assertEqual(rows.count(), 2)

    def test_of_an_earlier_upload_it_tells_by_its_id(self) -> None:
        self.made()
        newer = uploaded(self.interview, file("Ada", "Skills", "Rust"))

        found = [self.asked(query)["awaited"] for query in ("", f"?upload={newer.pk}", f"?upload={self.resume.pk}")]

        self.assertEqual(found, [True, True, False])
        self.assertEqual(self.asked("?upload=x"), 404)

    def test_an_upload_of_somebody_else_is_not_there(self) -> None:
        other = uploaded(make.submitted(make.invited("grace@example.org")), file("Grace"))

        self.assertEqual(self.asked(f"?upload={other.pk}"), {"awaited": False})

    def test_who_must_still_rate_learns_nothing(self) -> None:
        self.assertEqual(self.asked(client=make.signed_in(make.staff(Role.ADMIN))), {"awaited": False})

    def test_it_asks_the_database_little(self) -> None:
        self.asked()
        with self.assertNumQueries(7):
            self.asked()

    def test_strangers_and_another_tenant_learn_nothing(self) -> None:
        manager = make.signed_in(make.staff(Role.HIRING_MANAGER))
        with self.in_tenant(OTHER):
            foreign = make.signed_in(make.staff(), OTHER)
        with make.writes() as written:
            codes = [self.asked(client=one) for one in (TenantClient(), manager)]
            with self.in_tenant(OTHER):
                codes.append(self.asked(client=foreign))

        self.assertEqual((codes, written.tables), ([302, 404, 404], {}))
        self.assertEqual(self.client.post(self.url).status_code, 405)
