"""What the platform's staff does to a subscription in the admin: once, with a reason, in both trails."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts.roles import Role
from accounts.tests.people import person, platform_admin, signed_in
from billing.models import CreditGrant, InvoiceLine, Plan, QuotaPeriod, Subscription
from billing.selectors.staff import fingerprint
from billing.services import periods, staff_acts, standing
from billing.tests import bought
from core import clock, tenancy
from core.testing import HOME, OTHER, CommittingTestCase, TenantClient, at_once
from tenants.models import Tenant
from tenants.tests.supported import AdminCase, trail

REASON = "Ticket 4711: agreed with their procurement."
ACTED = {"action": "subscription.staff_acted"}


def page(kind: str, *args: object, model: str = "subscription") -> str:
    return reverse(f"admin:billing_{model}_{kind}", args=args, urlconf="config.urls_admin")


class ActCase(AdminCase):
    def setUp(self) -> None:
        super().setUp()
        self.held = bought.on("starter")

    def act(self, name: str, *, seen: str = "", **fields: Any) -> Any:
        form = {"reason": REASON, "seen": seen or fingerprint(bought.held())} | fields
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(page("act", self.held.pk, name), form)

    def done(self, name: str, **fields: Any) -> Subscription:
        response = self.act(name, **fields)
        self.assertEqual(response.status_code, 302, response.content.decode()[-3000:])
        tenancy.forget()
        return bought.held()

    def refused(self, name: str, part: str, **fields: Any) -> None:
        """It says why, and neither the subscription nor a trail changed."""
        before = (fingerprint(bought.held()), trail(**ACTED))
        self.assertContains(self.act(name, **fields), part, status_code=400)
        self.assertEqual((fingerprint(bought.held()), trail(**ACTED)), before)


class ActsTests(ActCase):
    def test_a_larger_plan_now_a_smaller_one_now_and_one_at_the_renewal(self) -> None:
        self.assertEqual(self.done("plan", code="professional", when="now").plan_id, "professional")
        self.assertEqual(self.done("plan", code="starter", when="now").plan_id, "starter")
        found = self.done("plan", code="enterprise", when="renewal")

        self.assertEqual((found.plan_id, found.next_plan_id), ("starter", "enterprise"))

    def test_before_the_press_it_says_what_each_plan_comes_to_now(self) -> None:
        self.held = bought.on("professional")
        response = self.client.get(page("act", self.held.pk, "plan"))

        (starter,) = [one for one in response.context["form"].previews if one.plan.pk == "starter"]
        self.assertLess(starter.change.net_usd, 0)
        self.assertContains(response, f"−${-starter.change.net_usd:.2f}")
        self.assertContains(response, f"1,000 → {starter.included}")
        self.assertEqual(bought.held().plan_id, "professional")

        before = list(InvoiceLine.objects.filter(kind="proration").values_list("pk", flat=True))
        self.done("plan", code="starter", when="now")
        lines = InvoiceLine.objects.filter(kind="proration").exclude(pk__in=before)
        self.assertEqual(lines.count(), 2)
        so_much = sum(line.amount_usd for line in lines)
        self.assertAlmostEqual(so_much, starter.change.net_usd, delta=Decimal("0.02"))  # some seconds later

    def test_of_a_tenant_that_is_closed_or_stands_still_the_page_opens_and_begins_no_month(self) -> None:
        QuotaPeriod.objects.filter(subscription=self.held).update(period_end=clock.now() - timedelta(days=1))
        for status in ("suspended", "closed"):
            Tenant.objects.filter(pk=self.held.tenant_id).update(status=status)
            tenancy.forget()

            response = self.client.get(page("act", self.held.pk, "plan"))

            self.assertEqual((response.status_code, response.context["form"].previews), (200, ()))
        Tenant.objects.filter(pk=self.held.tenant_id).update(status="ready")
        tenancy.forget()
        self.assertEqual(QuotaPeriod.objects.filter(subscription=self.held).count(), 1)

    def test_of_a_trial_nothing_is_previewed_for_nothing_is_paid(self) -> None:
        bought.trying("starter")

        response = self.client.get(page("act", self.held.pk, "plan"))

        self.assertEqual((response.status_code, response.context["form"].previews), (200, ()))

    def test_more_interviews_than_a_month_of_the_plan_need_a_yes(self) -> None:
        self.refused("credit", "more than the plan includes in a month (100)", interviews="101")
        self.assertFalse(CreditGrant.objects.exists())

        self.done("credit", interviews="101", sure="on")
        self.assertEqual(CreditGrant.objects.get().interviews, 101)

    def test_both_trails_say_who_what_and_why_and_the_history_too(self) -> None:
        self.done("credit", interviews="25")

        detail = {"act": "credit", "reason": REASON}
        event = ("subscription.staff_acted", "platform", self.root.pk)
        self.assertEqual(trail(**ACTED), [(*event, detail)])
        self.assertEqual(trail(action="subscription.credited")[0][:3], ("subscription.credited", *event[1:]))
        with tenancy.enter_platform():
            self.assertEqual(trail(**ACTED), [(*event, detail | {"tenant": HOME})])
            self.assertEqual(LogEntry.objects.get().change_message, f"Give interviews: {REASON}")
        with tenancy.enter(OTHER):
            self.assertEqual(trail(**ACTED), [])

    def test_interviews_are_given_for_the_period_that_runs(self) -> None:
        self.done("credit", interviews="25")

        grant = CreditGrant.objects.get()
        self.assertEqual((grant.interviews, grant.reason, grant.granted_by), (25, REASON, self.root.pk))
        self.assertEqual(periods.current().credited, 25)

    def test_negative_and_absurd_credits_and_no_reason_are_refused(self) -> None:
        for number in ("-5", "0", "100001", "9" * 30, "1.5", "many", ""):
            self.refused("credit", "error", interviews=number)
        self.refused("credit", "Say in a sentence why.", interviews="5", reason="because")

        self.assertEqual((CreditGrant.objects.count(), periods.current().credited), (0, 0))

    def test_a_trial_is_extended_while_it_runs_and_after_it(self) -> None:
        self.held = bought.trying(days=2)
        ends = self.held.trial_ends_at
        assert ends
        self.assertEqual(self.done("trial", days="7").trial_ends_at, ends + timedelta(days=7))
        standing.stop(bought.held(), why="trial")
        tenancy.forget()

        found = self.done("trial", days="3")

        self.assertEqual((found.status, found.tenant.read_only_since), ("trialing", None))
        self.refused("trial", "", days="61")

    def test_an_overage_is_allowed_as_far_as_the_plan_goes(self) -> None:
        self.refused("overage", "Between 0 and 0 interviews.", limit="1")
        bought.on("professional")

        self.assertEqual(self.done("overage", limit="500").overage_limit, 500)
        self.refused("overage", "Between 0 and 500 interviews.", limit="501")

    def test_cancelled_kept_and_what_is_not_there_to_be_kept(self) -> None:
        self.assertIsNotNone(self.done("cancel").cancels_at)
        self.assertIsNone(self.done("keep").cancels_at)
        self.refused("keep", "That is not possible as it stands (Active).")

    def test_stopped_it_reads_only_and_its_people_can_not_begin_anew_by_themselves(self) -> None:
        found = self.done("stop")
        self.assertEqual(found.status, "read_only")
        self.assertIsNotNone(found.tenant.read_only_since)
        bought.with_details()
        owner = signed_in(person("olga@alpha.example", role=Role.OWNER))
        response = owner.post("/billing/plan/starter/", {"when": "invoice", "shown": "starter"})
        self.assertEqual((response.status_code, bought.held().status), (409, "read_only"))

        found = self.done("recover")

        self.assertEqual((found.status, found.tenant.read_only_since, found.past_due_since), ("active", None, None))

    def test_a_trial_is_neither_stopped_nor_recovered_but_begun(self) -> None:
        self.held = bought.trying(days=2)
        self.refused("stop", "That is not possible as it stands (Trial).")
        standing.stop(bought.held(), why="trial")
        self.refused("recover", "That is not possible as it stands (Read-only until paid).")

        self.assertEqual(self.done("begin").status, "active")

    def test_a_contract_of_another_tenant_can_not_be_chosen(self) -> None:
        with tenancy.enter(OTHER):
            theirs = bought.held().tenant
        Plan.objects.create(code="beta", family="beta", name="B", tenant=theirs, price_usd=1, interviews_a_month=1)

        self.refused("plan", "error", code="beta", when="now")

    def test_of_two_admins_the_second_is_told_and_nothing_is_done_twice(self) -> None:
        seen = fingerprint(bought.held())
        self.act("credit", interviews="25", seen=seen)

        response = self.act("credit", interviews="25", seen=seen)

        self.assertContains(response, "Somebody changed this subscription since you opened the page", status_code=400)
        self.assertEqual((CreditGrant.objects.count(), periods.current().credited), (1, 25))

    def test_an_interview_that_begins_meanwhile_changes_nothing_for_the_staff(self) -> None:
        seen = fingerprint(bought.held())
        bought.used(50)

        self.assertEqual(self.act("cancel", seen=seen).status_code, 302)

    def test_acts_and_subscriptions_that_do_not_exist_are_not_found(self) -> None:
        self.assertEqual(self.client.get(page("act", self.held.pk, "double")).status_code, 404)
        self.assertEqual(self.client.get(page("act", UUID(int=1), "credit")).status_code, 404)

    def test_nobody_but_the_staff_gets_in(self) -> None:
        with tenancy.enter(HOME):
            owner = signed_in(person("owner@alpha.example", role=Role.OWNER), HOME)
        owner.defaults["HTTP_HOST"] = "admin.candor.localhost"
        form = {"reason": REASON, "seen": fingerprint(bought.held()), "interviews": "5"}
        for client in (owner, TenantClient("admin")):
            self.assertEqual(client.post(page("act", self.held.pk, "credit"), form).status_code, 302)

        self.assertEqual(CreditGrant.objects.count(), 0)
        self.assertEqual(TenantClient(HOME).post(page("act", self.held.pk, "credit"), form).status_code, 404)


class PagesTests(ActCase):
    def test_the_list_and_the_detail_show_plan_use_and_what_can_be_done(self) -> None:
        bought.used(37)
        CreditGrant.objects.create(period=periods.current(), interviews=5, reason=REASON, granted_by=self.root.pk)

        shown = self.client.get(page("changelist"))
        self.assertContains(shown, "37 / 100")
        detail = self.client.get(page("change", self.held.pk))

        for part in ("37", REASON, "Stop for want of payment", page("act", self.held.pk, "credit"), "Starter"):
            self.assertContains(detail, part)
        self.assertNotContains(detail, "Extend the trial")

    def test_subscriptions_periods_records_and_credits_are_not_edited(self) -> None:
        rows = {"subscription": self.held.pk, "quotaperiod": periods.current().pk}
        before = QuotaPeriod.objects.values_list("consumed", "included").get(pk=periods.current().pk)
        for model in ("subscription", "quotaperiod", "usagerecord", "creditgrant"):
            self.assertEqual(self.client.get(page("changelist", model=model)).status_code, 200)
            self.assertEqual(self.client.get(page("add", model=model)).status_code, 403)
        for model, pk in rows.items():
            self.assertEqual(self.client.post(page("change", pk, model=model), {"included": "9"}).status_code, 403)
            self.assertEqual(self.client.post(page("delete", pk, model=model), {"post": "yes"}).status_code, 403)

        self.assertEqual(QuotaPeriod.objects.values_list("consumed", "included").get(pk=periods.current().pk), before)

    def test_every_acts_page_can_be_looked_at(self) -> None:
        for name in ("plan", "credit", "trial", "overage", "begin", "cancel", "keep", "stop", "recover"):
            self.assertContains(self.client.get(page("act", self.held.pk, name)), "Reason")


class AtOnceTests(CommittingTestCase):
    def test_of_two_admins_who_give_interviews_at_once_one_does(self) -> None:
        held = bought.on("starter")
        with tenancy.enter_platform():
            by = platform_admin().pk
        asked = staff_acts.Asked(held.pk, fingerprint(bought.held()), REASON, by)

        results = at_once(*[lambda: staff_acts.credit(asked, interviews=10)] * 4)

        refused = [result for result in results if isinstance(result, staff_acts.SeenOtherwise)]
        self.assertEqual((len(refused), CreditGrant.objects.count(), periods.current().credited), (3, 1, 10))
        self.assertLess(abs(clock.now() - CreditGrant.objects.get().granted_at), timedelta(minutes=1))
