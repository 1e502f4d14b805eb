"""What each plan includes, asked by the one function that every feature asks."""

from collections.abc import Callable

from django.urls import reverse

from accounts.models import TeamInvitation, User
from accounts.roles import Role
from accounts.services import invitations, people, seats, team
from billing.models import Subscription
from billing.services import entitlements as answered
from billing.tests.bought import held
from billing.tests.plans import on
from core import entitlements, tenancy
from core.entitlements import Feature, NoSeatLeft, NotInPlan
from core.ids import uuid7
from core.testing import OTHER, CommittingTestCase, TenantTestCase, at_once
from tenants.models import CustomDomain, SamlConnection, ScimConnection, Tenant
from tenants.services import custom_domains, sso
from tenants.services.scim import connection as scim

#                   starter  professional  enterprise
INCLUDED = {
    Feature.SSO:           "-        x             x",
    Feature.SCIM:          "-        -             x",
    Feature.OWN_KEYS:      "-        -             x",
    Feature.CUSTOM_DOMAIN: "-        x             x",
    Feature.VOICE:         "-        x             x",
}  # fmt: skip
PLANS = ("starter", "professional", "enterprise")


class MatrixTests(TenantTestCase):
    def test_each_feature_is_allowed_by_the_plans_that_include_it_and_by_no_other(self) -> None:
        self.assertEqual(set(INCLUDED), set(Feature))
        for place, plan in enumerate(PLANS):
            on(plan)
            for feature, row in INCLUDED.items():
                with self.subTest(plan=plan, feature=feature):
                    if row.split()[place] == "x":
                        entitlements.require(feature)
                    else:
                        with self.assertRaises(NotInPlan):
                            entitlements.require(feature)

    def test_the_limits_of_each_plan(self) -> None:
        found = {}
        for plan in PLANS:
            on(plan)
            terms = entitlements.terms()
            found[plan] = (terms.seats, terms.turns_at_once, terms.api_calls_a_minute)

        self.assertEqual(
            found,
            {
                "starter": (5, 20, 60),
                "professional": (25, 60, 600),
                "enterprise": (None, 150, 3000),
            },
        )

    def test_another_tenant_s_plan_says_nothing_here(self) -> None:
        on("starter")
        with self.in_tenant(OTHER):
            entitlements.require(Feature.SSO)
        with self.assertRaises(NotInPlan):
            entitlements.require(Feature.SSO)

    def test_the_words_name_the_plan_and_the_feature(self) -> None:
        on("starter")
        with self.assertRaises(NotInPlan) as caught:
            entitlements.require(Feature.SCIM)

        self.assertEqual(str(caught.exception), "The plan Starter does not include this: Directory (SCIM).")

    def test_terms_are_read_in_one_query(self) -> None:
        Subscription.objects.count()
        with self.assertNumQueries(1):
            answered.of_tenant()


class WhereFeaturesBeginTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        on("starter")
        self.owner = User.objects.create_user("o@alpha.example", None, name="O", role=Role.OWNER)
        self.client.force_login(self.owner)

    def test_a_domain_is_not_claimed(self) -> None:
        with self.assertRaises(NotInPlan):
            custom_domains.claim(host="interviews.alpha.dev")
        response = self.client.post(reverse("settings_domains"), {"host": "interviews.alpha.dev"})

        self.assertContains(response, "The plan Starter does not include this: A domain of your own.", status_code=402)
        self.assertEqual(CustomDomain.objects.count(), 0)

    def test_no_directory_gets_a_token_but_one_that_is_there_may_be_changed(self) -> None:
        with self.assertRaises(NotInPlan):
            scim.new_token(by=self.owner)
        self.assertEqual(ScimConnection.objects.count(), 0)
        on("enterprise")
        first = scim.new_token(by=self.owner)
        on("starter")

        self.assertNotEqual(scim.new_token(by=self.owner), first)

    def test_single_sign_on_is_not_turned_on_but_what_is_on_stays(self) -> None:
        made = SamlConnection.objects.create(
            tenant=Tenant.objects.get(pk=tenancy.tenant_id()),
            idp_entity_id="https://idp.example",
            sso_url="https://idp.example/sso",
        )
        with self.assertRaises(NotInPlan):
            sso.enable(by=self.owner)
        made.refresh_from_db()
        self.assertFalse(made.enabled)


class NextPlanTests(TenantTestCase):
    def test_what_the_plan_of_the_renewal_lacks_is_not_begun_any_more_and_what_runs_goes_on(self) -> None:
        held = on("enterprise")
        Subscription.objects.filter(pk=held.pk).update(next_plan_id="starter")

        for feature in Feature:
            with self.subTest(feature), self.assertRaises(NotInPlan):
                entitlements.require(feature)
        self.assertEqual(entitlements.terms().seats, 5)
        self.assertEqual(answered.of_tenant().seats, None)
        self.assertIn(Feature.OWN_KEYS, answered.of_tenant().features)

    def test_a_larger_plan_of_the_renewal_gives_nothing_before(self) -> None:
        held = on("starter")
        Subscription.objects.filter(pk=held.pk).update(next_plan_id="enterprise")

        with self.assertRaises(NotInPlan):
            entitlements.require(Feature.SSO)
        self.assertEqual(entitlements.terms().seats, 5)

    def test_a_host_that_was_claimed_before_is_not_proven_without_the_plan(self) -> None:
        on("professional")
        row = custom_domains.claim(host="interviews.alpha.dev")
        on("starter")

        with self.assertRaises(NotInPlan):
            custom_domains.check(domain_id=row.pk, resolve=lambda name: [row.token])

        row.refresh_from_db()
        self.assertIsNone(row.verified_at)


class SeatTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        on("starter")
        self.owner = User.objects.create_user("o@alpha.example", None, name="O", role=Role.OWNER)

    def fill(self, number: int) -> None:
        for place in range(number):
            people.create(email=f"p{place}@alpha.example", name="P", role=Role.RECRUITER, source="test")

    def test_people_and_open_invitations_take_a_seat_each(self) -> None:
        self.fill(3)
        invitations.invite(email="new@alpha.example", name="N", role=Role.RECRUITER, by=self.owner)

        self.assertEqual(seats.taken(), 5)
        with self.assertRaises(NoSeatLeft):
            invitations.invite(email="late@alpha.example", name="L", role=Role.RECRUITER, by=self.owner)
        with self.assertRaises(NoSeatLeft):
            people.create(email="late@alpha.example", name="L", role=Role.RECRUITER, source="saml")
        self.assertEqual((User.objects.count(), TeamInvitation.objects.count()), (4, 1))

    def test_a_disabled_person_gives_the_seat_back_and_needs_one_to_return(self) -> None:
        self.fill(4)
        gone = User.objects.get(email="p0@alpha.example")
        team.disable(user_id=gone.pk, by=self.owner)
        self.fill_one("new@alpha.example")

        with self.assertRaises(NoSeatLeft):
            team.enable(user_id=gone.pk, by=self.owner)
        gone.refresh_from_db()
        self.assertFalse(gone.is_active)

    def fill_one(self, email: str) -> None:
        people.create(email=email, name="P", role=Role.RECRUITER, source="test")

    def test_the_page_says_that_there_is_no_seat(self) -> None:
        self.fill(4)
        self.client.force_login(self.owner)

        response = self.client.post(
            reverse("team_invite"), {"email": "late@alpha.example", "name": "L", "role": "recruiter"}
        )

        self.assertContains(response, "The plan Starter includes 5 people", status_code=402)
        self.assertContains(response, 'value="late@alpha.example"', status_code=402)  # the form is still there
        self.assertContains(response, "Open invitations count too", status_code=402)
        self.assertEqual(TeamInvitation.objects.count(), 0)


class SeatsAtOnceTests(CommittingTestCase):
    def test_of_eight_added_at_once_as_many_get_in_as_there_are_seats(self) -> None:
        Subscription.objects.filter(pk=held().pk).update(plan_id="starter")
        before = seats.taken()

        results = at_once(*[self.add(number) for number in range(8)])

        self.assertEqual(sum(isinstance(result, NoSeatLeft) for result in results), 8 - (5 - before))
        self.assertEqual(seats.taken(), 5)

    def add(self, number: int) -> Callable[[], User]:
        email = f"{uuid7()}@alpha.example"
        return lambda: people.create(email=email, name=f"P{number}", role=Role.RECRUITER, source="test")
