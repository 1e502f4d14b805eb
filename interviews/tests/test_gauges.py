"""How many interviews run now, for Prometheus."""

from core.testing import OTHER, TenantTestCase
from interviews import gauges
from interviews.services import submission
from interviews.tests import make


class ActiveTests(TenantTestCase):
    def active(self) -> float:
        [family] = gauges.active()
        [sample] = family.samples
        self.assertEqual(sample.name, "active_interviews")
        return sample.value

    def test_an_interview_is_active_from_its_start_to_its_submission_in_every_tenant(self) -> None:
        seen = [self.active()]
        interview = make.all_answered()
        seen.append(self.active())
        with self.in_tenant(OTHER):
            make.started()
        seen.append(self.active())

        submission.submit(interview, closing="")
        seen.append(self.active())

        self.assertEqual(seen, [0.0, 1.0, 2.0, 1.0])
