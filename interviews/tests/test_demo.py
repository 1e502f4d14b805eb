"""What the demo's people have before them: some of it all, so that one sees what a role may not."""

import json
import tempfile
from pathlib import Path
from unittest import mock

from django.test import override_settings

from accounts.models import User
from accounts.roles import Role
from core import clock, tenancy
from core.testing import HOME, TenantTestCase
from interviews.models import Interview, InterviewAssignment, JobAssignment
from interviews.services import demo
from tenants.models import Tenant


class RolesTests(TenantTestCase):
    def seed(self) -> None:
        acme = json.loads(demo.DATA.read_text())["tenants"][0] | {"schema": HOME}
        place = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (place / "demo.json").write_text(json.dumps({"tenants": [acme]}))
        with mock.patch.object(demo, "DATA", place / "demo.json"), override_settings(VAR=str(place)):
            demo.seed(lambda line: None)

    def test_a_job_and_a_finished_interview_are_assigned_to_nobody_however_often_it_is_seeded(self) -> None:
        self.seed()
        self.seed()

        manager, reviewer = (User.objects.get(role=role) for role in (Role.HIRING_MANAGER, Role.REVIEWER))
        jobs = JobAssignment.objects.filter(user=manager).values_list("job__slug", flat=True)
        finished = Interview.objects.filter(status=Interview.Status.COMPLETED)
        self.assertEqual(list(jobs), ["warehouse-shift-supervisor"])
        self.assertEqual((finished.count(), InterviewAssignment.objects.filter(user=reviewer).count()), (5, 4))

    def test_a_tenant_that_reads_only_is_shown_as_it_stands(self) -> None:
        Tenant.objects.filter(schema_name=HOME).update(read_only_since=clock.now())
        tenancy.forget()

        self.seed()

        self.assertEqual((JobAssignment.objects.count(), Interview.objects.count()), (0, 0))
        self.assertTrue(User.objects.filter(role=Role.RECRUITER).exists())
