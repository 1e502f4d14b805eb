"""Support access: who may ask, who agrees, what a link is good for, and what stands in both audit trails."""

from datetime import timedelta

from django.core import mail
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.roles import NotPermitted, Role
from accounts.services import people
from accounts.tests.people import person
from core import clock, tenancy
from core.models import Due
from core.testing import HOME, OTHER, CommittingTestCase, TenantClient, TenantTestCase, at_once
from tenants.models import SupportGrant, Tenant
from tenants.services import support, support_mail
from tenants.tests.supported import REASON, age, asked, entered, path_of, staff, tenant, trail

SUPPORT = {"action__startswith": "support."}


class AskingTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = staff()

    def test_looking_is_open_at_once_for_an_hour(self) -> None:
        grant = asked(self.root)

        assert grant.starts_at and grant.ends_at
        self.assertEqual((grant.status, grant.scope, grant.staff_email), ("open", "read", "root@candor.example"))
        self.assertEqual(grant.ends_at - grant.starts_at, timedelta(hours=1))

    def test_it_stands_in_the_platform_s_trail_and_in_the_tenant_s(self) -> None:
        asked(self.root)

        detail = {"scope": "read", "minutes": 60}
        self.assertEqual(trail(**SUPPORT), [("support.requested", "platform", self.root.pk, detail)])
        with tenancy.enter_platform():
            detail |= {"tenant": HOME}
            self.assertEqual(trail(**SUPPORT), [("support.requested", "platform", self.root.pk, detail)])
        with self.in_tenant(OTHER):
            self.assertEqual(trail(**SUPPORT), [])

    def test_changing_always_waits_for_the_tenant_and_looking_where_it_said_so(self) -> None:
        writes = asked(self.root, scope="write")
        Tenant.objects.filter(schema_name=HOME).update(support_needs_approval=True)
        reads = asked(self.root)

        self.assertEqual((writes.status, writes.ends_at), ("requested", None))
        self.assertEqual((reads.status, reads.ends_at), ("requested", None))

    def test_a_reason_that_is_none_and_a_tenant_without_a_site_are_refused(self) -> None:
        with self.assertRaises(support.ReasonMissing):
            asked(self.root, reason="  help \n me ")
        Tenant.objects.filter(schema_name=HOME).update(status="suspended")
        with self.assertRaises(support.TenantNotServed):
            asked(self.root)

        self.assertEqual((SupportGrant.objects.count(), trail(**SUPPORT)), (0, []))

    def test_the_database_itself_refuses_five_hours_and_no_reason(self) -> None:
        grant = asked(self.root)
        rows = SupportGrant.objects.filter(pk=grant.pk)
        for changes in ({"ends_at": F("starts_at") + timedelta(hours=5)}, {"reason": "short"}, {"minutes": 300}):
            with self.assertRaises(IntegrityError), transaction.atomic():
                rows.update(**changes)

    def test_asking_again_ends_the_older_grant(self) -> None:
        older = asked(self.root)
        client = entered(older, self.root)

        newer = asked(self.root)

        older.refresh_from_db()
        self.assertEqual((older.status, newer.status), ("ended", "open"))
        self.assertEqual(client.get("/").status_code, 302)


class DecidingTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.root, self.owner = staff(), person(role=Role.OWNER)
        self.grant = asked(self.root, scope="write", minutes=30)

    def test_the_time_runs_from_the_approval(self) -> None:
        support.approve(grant_id=self.grant.pk, by=self.owner)

        self.grant.refresh_from_db()
        assert self.grant.starts_at and self.grant.ends_at
        self.assertEqual((self.grant.status, self.grant.decided_by), ("open", self.owner.pk))
        self.assertEqual(self.grant.ends_at - self.grant.starts_at, timedelta(minutes=30))
        self.assertEqual(trail(**SUPPORT)[-1], ("support.approved", "user", self.owner.pk, {}))

    def test_nobody_gets_in_before_it(self) -> None:
        with self.assertRaises(support.GrantClosed):
            path_of(self.grant, self.root)

    def test_who_may_not_allow_support_decides_nothing(self) -> None:
        for role in set(Role) - {Role.OWNER, Role.ADMIN}:
            for act in (support.approve, support.refuse, support.revoke):
                with self.assertRaises(NotPermitted):
                    act(grant_id=self.grant.pk, by=person(f"{role}{act.__name__}@alpha.example", role=role))

        self.grant.refresh_from_db()
        self.assertEqual(self.grant.status, "requested")

    def test_another_tenant_s_owner_finds_no_such_grant(self) -> None:
        with self.in_tenant(OTHER):
            stranger = person("ada@beta.example", role=Role.OWNER)
            for act in (support.approve, support.refuse, support.revoke):
                with self.assertRaises(SupportGrant.DoesNotExist):
                    act(grant_id=self.grant.pk, by=stranger)

        self.grant.refresh_from_db()
        self.assertEqual(self.grant.status, "requested")

    def test_what_was_decided_or_waited_a_day_is_not_decided_again(self) -> None:
        SupportGrant.objects.update(requested_at=clock.now() - timedelta(hours=25))
        with self.assertRaises(support.GrantClosed):
            support.approve(grant_id=self.grant.pk, by=self.owner)

        support.refuse(grant_id=self.grant.pk, by=self.owner)
        for act in (support.approve, support.refuse, support.revoke):
            with self.assertRaises(support.GrantClosed):
                act(grant_id=self.grant.pk, by=self.owner)
        self.assertEqual([row[0] for row in trail(**SUPPORT)], ["support.requested", "support.refused"])


class LinkTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = staff()
        self.grant = asked(self.root)

    def test_a_look_asks_and_uses_nothing_up(self) -> None:
        path = path_of(self.grant, self.root)

        for _ in range(3):
            response = self.client.get(path)
            self.assertContains(response, "root@candor.example")
            self.assertNotIn("__Host-staff", response.cookies)

        self.assertEqual(TenantClient().post(path).status_code, 303)

    def test_it_is_good_once(self) -> None:
        path = path_of(self.grant, self.root)
        self.client.post(path)

        again = TenantClient()

        self.assertEqual((again.post(path).status_code, again.get(path).status_code), (404, 404))
        self.assertEqual(again.get("/").status_code, 302)
        self.assertEqual(len(trail(action="support.entered")), 1)

    def test_it_is_nothing_on_another_tenant_s_host(self) -> None:
        path = path_of(self.grant, self.root)

        stranger = TenantClient(OTHER)

        self.assertEqual((stranger.get(path).status_code, stranger.post(path).status_code), (404, 404))
        self.assertEqual(stranger.get("/").status_code, 302)
        self.assertEqual(self.client.get(path).status_code, 200)

    def test_after_five_minutes_or_the_grant_s_end_it_is_over(self) -> None:
        for change in ("link_expires_at", "ends_at"):
            path = path_of(self.grant, self.root)
            age(self.grant, **{change: timedelta(seconds=1)})

            self.assertEqual((self.client.get(path).status_code, self.client.post(path).status_code), (404, 404))
        self.assertEqual(trail(action="support.entered"), [])

    def test_a_newer_link_voids_the_older(self) -> None:
        older, newer = path_of(self.grant, self.root), path_of(self.grant, self.root)

        self.assertEqual((self.client.get(older).status_code, self.client.get(newer).status_code), (404, 200))

    def test_nobody_else_of_the_staff_makes_one(self) -> None:
        with self.assertRaises(support.GrantClosed):
            path_of(self.grant, staff("eve@candor.example"))

    def test_its_secret_is_not_stored_and_garbage_is_no_link(self) -> None:
        path = path_of(self.grant, self.root)

        self.grant.refresh_from_db()
        self.assertNotIn(self.grant.link_hash, path)
        for token in ("x", "a:b:c", path.rpartition("/")[2] + "A", "é"):
            self.assertEqual(self.client.post(f"/support/enter/{token}").status_code, 404)

    def test_whose_account_was_switched_off_does_not_get_in(self) -> None:
        path = path_of(self.grant, self.root)
        with tenancy.enter_platform():
            people.disable(user_id=self.root.pk, source="admin")

        self.assertEqual(self.client.post(path).status_code, 404)
        self.grant.refresh_from_db()
        self.assertEqual(self.grant.status, "ended")


class MailTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = staff()
        person("olga@alpha.example", role=Role.OWNER)
        person("adam@alpha.example", role=Role.ADMIN)
        person("off@alpha.example", role=Role.OWNER, is_active=False)
        person("rita@alpha.example", role=Role.RECRUITER)

    def owed(self) -> list[tuple[str, str]]:
        return list(Due.objects.filter(kind="support_mail").values_list("tenant", "kind"))

    def test_the_owners_and_admins_are_told_when_somebody_comes_in(self) -> None:
        grant = asked(self.root)
        self.assertEqual(self.owed(), [])
        entered(grant, self.root)
        self.assertEqual(self.owed(), [(HOME, "support_mail")])

        support_mail.send(grant_id=grant.pk)
        support_mail.send(grant_id=grant.pk)

        (sent,) = mail.outbox
        self.assertEqual(sent.to, ["adam@alpha.example", "olga@alpha.example"])
        self.assertEqual(sent.subject, f"Candor support came in at {tenant().name}")
        for words in (REASON, "root@candor.example", "/settings/support/"):
            self.assertIn(words, sent.body)
        self.assertEqual(self.owed(), [])

    def test_they_are_told_when_their_approval_is_asked_for_and_again_when_it_is_used(self) -> None:
        grant = asked(self.root, scope="write")
        support_mail.send(grant_id=grant.pk)
        support.approve(grant_id=grant.pk, by=person("owner@alpha.example", role=Role.OWNER))
        entered(grant, self.root)
        support_mail.send(grant_id=grant.pk)

        self.assertEqual(
            [one.subject.removesuffix(tenant().name) for one in mail.outbox],
            ["Candor support asks for access to ", "Candor support came in at "],
        )

    def test_what_does_not_go_stays_owed_and_two_senders_send_one(self) -> None:
        grant = asked(self.root)
        entered(grant, self.root)
        with self.settings(EMAIL_BACKEND="no.such.Backend"):
            support_mail.send(grant_id=grant.pk)
        support_mail.send(grant_id=grant.pk)  # the first may still be at it
        self.assertEqual((len(mail.outbox), self.owed()), (0, [(HOME, "support_mail")]))

        SupportGrant.objects.update(telling_until=clock.now() - timedelta(seconds=1))
        support_mail.send(grant_id=grant.pk)

        self.assertEqual((len(mail.outbox), self.owed()), (1, []))


class AtOnceTests(CommittingTestCase):
    def test_of_ten_who_follow_one_link_at_once_one_gets_in(self) -> None:
        root = staff()
        token = path_of(asked(root), root).rpartition("/")[2]

        results = at_once(*[lambda: support.enter(token=token)] * 10)

        self.assertEqual(sum(isinstance(one, SupportGrant) for one in results), 1)
        self.assertEqual(sum(isinstance(one, support.LinkNotValid) for one in results), 9)
        self.assertEqual(len(trail(action="support.entered")), 1)
