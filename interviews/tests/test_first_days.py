"""The overview of a company that has no interview yet leads who runs it to the first steps."""

from accounts.models import User
from accounts.roles import Role
from core.testing import TenantTestCase
from interviews.tests import make

LINK = "First steps: your logo, your team, your first job"


def sees(user: User) -> bool:
    return LINK in make.signed_in(user).get("/").content.decode()


class FirstDaysTests(TenantTestCase):
    def test_owners_and_admins_are_led_to_the_first_steps_and_nobody_else(self) -> None:
        for role in (Role.OWNER, Role.ADMIN, Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER):
            with self.subTest(role):
                user = make.staff(email=f"{role}@alpha.example", role=role)

                self.assertEqual(sees(user), role in (Role.OWNER, Role.ADMIN))

    def test_with_the_first_interview_the_link_goes(self) -> None:
        owner = make.staff(email="owner@alpha.example", role=Role.OWNER)
        make.evaluated()

        self.assertFalse(sees(owner))
