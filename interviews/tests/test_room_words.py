"""What people read where no interview is left, or nothing may begin: what lets candidates begin, as things stand."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from billing.models import Subscription
from billing.services import standing
from billing.tests import bought
from billing.tests.test_billing_page import words
from core import clock, tenancy
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import PlanDraft
from interviews.tests import make
from interviews.tests.away import full

WAITING = "/waiting/"


def trying() -> None:
    bought.trying("professional")
    bought.used(10)


def used_up(code: str, **changes: object) -> Callable[[], None]:
    def become() -> None:
        bought.on(code, **changes)
        full()

    return become


def stopped(why: str) -> Callable[[], None]:
    def become() -> None:
        held = bought.on("professional", **({"trial_ends_at": clock.now()} if why == "trial" else {}))
        full()
        standing.stop(held, why=why)
        tenancy.forget()

    return become


class RoomWordsTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner, self.recruiter = (make.signed_in(make.staff(role)) for role in (Role.OWNER, Role.RECRUITER))

    def main(self, client: Client, path: str) -> str:
        return words(client, path)

    def test_in_a_trial_only_a_plan_makes_room(self) -> None:
        trying()

        shown = self.main(self.owner, WAITING)
        self.assertIn("We e-mail them when your company chooses a plan.", shown)
        self.assertIn("When your company chooses a plan, each gets one mail", shown)
        self.assertIn("Choose a plan, and they can start.", shown)
        self.assertNotIn("Allow more", shown)
        self.assertNotIn("Make room", shown)
        invite = self.main(self.recruiter, reverse("portal_invite", args=[make.job().pk]))
        self.assertIn("candidates can start when your company chooses a plan", invite)
        self.assertNotIn("cannot start before", invite)

    def test_more_is_offered_only_where_the_plan_has_more(self) -> None:
        offered: dict[str, tuple[Callable[[], None], str]] = {
            "some are left to allow": (used_up("professional"), "Make room: allow extra interviews, or choose"),
            "all are allowed": (used_up("professional", overage_limit=500), "Make room: choose a larger plan."),
            "the plan has none": (used_up("starter", overage_limit=0), "Make room: choose a larger plan."),
        }
        for name, (become, said) in offered.items():
            with self.subTest(name):
                become()
                shown = self.main(self.owner, WAITING)
                self.assertIn(said, shown)
                self.assertEqual("Allow more" in shown, name == "some are left to allow")
                self.assertIn("or earlier if you make room", shown)

    def test_a_plan_that_ends_promises_no_next_month(self) -> None:
        used_up("professional", cancels_at=clock.now() + timedelta(days=20))()

        self.assertIn("they can start only if your company makes room before, or keeps", self.main(self.owner, WAITING))
        invite = self.main(self.recruiter, reverse("portal_invite", args=[make.job().pk]))
        self.assertIn("candidates can start only if it is kept or changed", invite)

    def test_overdue_nothing_more_can_be_had_before_it_is_paid(self) -> None:
        used_up("professional")()
        standing.fall_due(bought.held(), why="invoice")

        shown = self.main(self.owner, WAITING)
        self.assertIn("Pay the overdue amount first: until then no room can be made.", shown)
        self.assertNotIn("Allow more", shown)

    def test_read_only_it_says_what_ends_that(self) -> None:
        said = {
            "payment": ("When the outstanding amount is paid, each gets one mail", "Pay the outstanding amount first"),
            "trial": ("When your company chooses a plan, each gets one mail", "Choose a plan, and they can start."),
            "staff": ("When Candor switches this account on again", "A payment alone does not end this"),
        }
        for why, parts in said.items():
            with self.subTest(why):
                Subscription.objects.update(status="active", stopped_by_staff_at=None, trial_ends_at=None)
                stopped(why)()
                shown = self.main(self.owner, WAITING)
                for part in parts:
                    self.assertIn(part, shown)
                for part in ("larger plan", "Allow more", "As soon as there is room"):
                    self.assertNotIn(part, shown)


class ReadOnlyTests(TenantTestCase):
    def paths(self) -> list[str]:
        return [reverse("portal_plan_new"), reverse("portal_invite", args=[make.job().pk])]

    def test_what_the_role_may_but_nobody_does_now_says_so_and_who_can_change_it(self) -> None:
        owner, recruiter = (make.signed_in(make.staff(role)) for role in (Role.OWNER, Role.RECRUITER))
        reviewer = make.signed_in(make.staff(Role.REVIEWER))
        paths = self.paths()
        stopped("payment")()

        for path in paths:
            for client in (owner, recruiter) if "invite" in path else (owner,):
                response = client.get(path)
                self.assertContains(response, "This account is read-only", status_code=402)
                self.assertContains(response, "until it is paid", status_code=402)
            self.assertContains(owner.get(path), 'href="/billing/"', status_code=402)
            self.assertEqual(reviewer.get(path).status_code, 403)
            self.assertEqual(TenantClient().get(path).status_code, 302)
        self.assertContains(recruiter.get(paths[1]), "An owner or an admin of your company can change", status_code=402)
        self.assertNotContains(recruiter.get(paths[1]), "/billing/", status_code=402)

        self.assertEqual(owner.post(paths[0], {"title": "Never begun"}).status_code, 402)
        self.assertEqual(PlanDraft.objects.count(), 0)

    def test_each_end_is_called_by_its_name_and_the_other_tenant_is_served(self) -> None:
        owner = make.signed_in(make.staff(Role.OWNER))
        stopped("trial")()
        self.assertContains(owner.get("/jobs/new/"), "Your trial has ended.", status_code=402)
        Subscription.objects.filter(pk=bought.held().pk).update(status="cancelled")
        self.assertContains(owner.get("/jobs/new/"), "Your plan has ended.", status_code=402)
        Subscription.objects.filter(pk=bought.held().pk).update(
            status="read_only", trial_ends_at=None, stopped_by_staff_at=clock.now()
        )
        by_staff = owner.get("/jobs/new/")
        self.assertContains(by_staff, "Candor stopped this account because of an unpaid amount.", status_code=402)
        self.assertContains(by_staff, "A payment alone does not end this", status_code=402)
        self.assertNotContains(by_staff, "until it is paid", status_code=402)
        with self.in_tenant(OTHER):
            theirs = make.signed_in(make.staff(Role.OWNER, email="bea@beta.example"), OTHER)
            self.assertEqual(theirs.get("/jobs/new/").status_code, 200)
