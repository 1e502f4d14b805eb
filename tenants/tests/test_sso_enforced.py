"""Single sign-on alone: when it can be asked for, who is refused, and what the one other account leaves behind."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core import mail
from django.test import override_settings

from accounts.models import Session, User
from accounts.roles import NotPermitted, Role
from accounts.services import signing_in, totp
from accounts.services.signing_in import LocalSignInRefused, Method
from accounts.tests.factors import app_of
from accounts.tests.people import PASSWORD, SIGN_IN, WRONG, is_in, person, sign_in
from core import clock, tenancy
from core.models import Due
from core.testing import OTHER, TenantClient, TenantTestCase
from tenants.models import SamlConnection
from tenants.services import enforcement
from tenants.services.enforcement import NotReady
from tenants.tests import connections, idps
from tenants.tests.connections import audited

STEP = "/sign-in/second/"
LOCAL_MAIL = "django.core.mail.backends.locmem.EmailBackend"


def has_session(user: User) -> bool:
    """Whether this person signed in, be it that a second factor is still to be set up."""
    return Session.objects.filter(user_id=user.pk).exists()


def _session(user: User, method: Method) -> None:
    now = clock.now()
    Session.objects.create(
        session_key=uuid4().hex, expire_date=now + timedelta(hours=2), user_id=user.pk, method=method, started_at=now
    )


class EnforcingTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin, self.owner = connections.admin(), connections.admin(Role.OWNER)

    def ready(self, **changes: Any) -> SamlConnection:
        fields: dict[str, Any] = {"enabled": True, "tested_at": clock.now()}
        return connections.connected(self.admin, **(fields | changes))

    def refused(self, sentence: str, account: User | None = None) -> None:
        with self.assertRaisesMessage(NotReady, sentence):
            enforcement.enforce(break_glass_user_id=(account or self.owner).pk, by=self.admin)
        self.assertFalse(SamlConnection.objects.get().enforced)

    def test_it_is_taken_after_a_test_with_an_account_that_can_sign_in(self) -> None:
        self.ready()

        enforcement.enforce(break_glass_user_id=self.owner.pk, by=self.admin)

        after = SamlConnection.objects.get()
        self.assertEqual((after.enforced, after.break_glass_user_id), (True, self.owner.pk))
        event = audited().get(action="sso.enforced")
        self.assertEqual(event.detail, {"break_glass_user": str(self.owner.pk), "sessions_ended": 0})

    def test_sessions_of_passwords_and_passkeys_end_but_for_break_glass_and_whoever_enforces(self) -> None:
        self.ready()
        ann, bob, eve = (person(f"{name}@staff.example") for name in ("ann", "bob", "eve"))
        for user in (ann, self.owner, self.admin):
            _session(user, Method.PASSWORD)
        _session(bob, Method.PASSKEY)
        _session(eve, Method.SAML)
        with self.in_tenant(OTHER):
            foreign = person("ann@staff.example", pk=ann.pk)
            _session(foreign, Method.PASSWORD)

        enforcement.enforce(break_glass_user_id=self.owner.pk, by=self.admin)

        left = set(Session.objects.values_list("user_id", flat=True))
        self.assertEqual(left, {eve.pk, self.owner.pk, self.admin.pk})
        self.assertEqual(audited().get(action="sso.enforced").detail["sessions_ended"], 2)
        with self.in_tenant(OTHER):
            self.assertTrue(has_session(foreign))

    def test_whoever_is_between_password_and_code_is_refused_and_break_glass_is_told_of_once(self) -> None:
        self.ready()
        bob = person("bob@staff.example")
        waiting = {user: TenantClient() for user in (self.admin, self.owner, bob)}
        apps = {user: app_of(user) for user in waiting}
        for user, client in waiting.items():
            self.assertEqual(sign_in(client, user.email)["Location"], STEP)

        enforcement.enforce(break_glass_user_id=self.owner.pk, by=self.admin)

        for user, client in waiting.items():
            response = client.post(STEP, {"code": totp.current_code(apps[user])})
            self.assertEqual(has_session(user), user == self.owner)
        self.assertEqual(response["Location"], SIGN_IN)
        self.assertContains(client.get(SIGN_IN), "only way in now")
        self.assertEqual(client.get(STEP)["Location"], SIGN_IN)
        self.assertEqual(audited().get(action="user.signed_in").detail["method"], Method.BREAK_GLASS)
        self.assertEqual(audited(action="sso.break_glass_used").count(), 1)

    def test_another_tenant_s_people_go_on_to_their_code(self) -> None:
        self.ready()
        client = TenantClient(OTHER)
        with self.in_tenant(OTHER):
            bob = person("bob@beta.example")
            app = app_of(bob)
        sign_in(client, "bob@beta.example")

        enforcement.enforce(break_glass_user_id=self.owner.pk, by=self.admin)

        with self.in_tenant(OTHER):
            code = totp.current_code(app)
        client.post(STEP, {"code": code})
        self.assertTrue(is_in(client))

    def test_enforcing_that_is_refused_ends_no_session(self) -> None:
        self.ready(tested_at=None)
        ann = person("ann@staff.example")
        _session(ann, Method.PASSWORD)

        self.refused("Make a test sign-in")

        self.assertTrue(has_session(ann))

    def test_it_is_refused_while_off_untested_or_with_a_certificate_that_is_over(self) -> None:
        self.ready(tested_at=None)
        self.refused("Make a test sign-in")

        SamlConnection.objects.update(enabled=False, tested_at=clock.now())
        self.refused("on first")

        old = idps.certificate("old", begins=timedelta(days=-9), lasts=timedelta(days=-1))
        SamlConnection.objects.update(enabled=True, certificates=[idps.pem(old)])
        self.refused("is over")

    def test_the_break_glass_account_must_be_an_active_owner_or_admin_with_a_password(self) -> None:
        self.ready()
        invited = User.objects.create_user("new@staff.example", None, name="New", role=Role.OWNER)
        gone = person("gone@staff.example", role=Role.ADMIN, is_active=False)
        with self.in_tenant(OTHER):
            foreign = connections.admin(Role.OWNER)

        for account in (invited, gone, person("r@staff.example"), foreign):
            self.refused("Choose an active owner or admin", account)

    def test_whoever_may_not_manage_signing_in_can_neither_ask_for_it_nor_end_it(self) -> None:
        connections.enforced(self.admin, self.owner)
        for role in (Role.RECRUITER, Role.AUDITOR):
            with self.assertRaises(NotPermitted):
                enforcement.relax(by=connections.admin(role))
            with self.assertRaises(NotPermitted):
                enforcement.enforce(break_glass_user_id=self.admin.pk, by=User.objects.get(role=role))

        after = SamlConnection.objects.get()
        self.assertEqual((after.enforced, after.break_glass_user_id), (True, self.owner.pk))

    def test_ending_it_takes_passwords_again(self) -> None:
        connections.enforced(self.admin, self.owner)

        enforcement.relax(by=self.admin)

        sign_in(self.client, self.admin.email)
        self.assertTrue(has_session(self.admin))


@override_settings(EMAIL_BACKEND=LOCAL_MAIL)
class LocalSignInTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin, self.owner = connections.admin(), connections.admin(Role.OWNER)
        connections.enforced(self.admin, self.owner)

    def test_a_right_password_of_anybody_else_is_refused(self) -> None:
        response = sign_in(self.client, self.admin.email)

        self.assertEqual(response.status_code, 200)
        self.assertFalse(is_in(self.client))
        for method in (Method.PASSWORD, Method.PASSKEY):
            with self.assertRaises(LocalSignInRefused):
                signing_in.local_method(self.admin, method)

    def test_it_is_refused_with_the_words_for_a_wrong_password(self) -> None:
        self.assertContains(sign_in(self.client, self.admin.email), WRONG)

    def test_the_break_glass_account_comes_in_and_leaves_a_trail_and_a_mail_to_every_owner(self) -> None:
        other = person("second@staff.example", role=Role.OWNER)
        with self.captureOnCommitCallbacks(execute=False):
            sign_in(self.client, self.owner.email)

        self.assertTrue(has_session(self.owner))
        event = audited().get(action="user.signed_in")
        self.assertEqual((event.object_id, event.detail["method"]), (str(self.owner.pk), Method.BREAK_GLASS))
        self.assertEqual(audited(action="sso.break_glass_used").count(), 1)
        self.assertTrue(Due.objects.filter(kind=enforcement.KIND, object_id=self.owner.pk).exists())

        enforcement.tell_owners(user_id=self.owner.pk)

        self.assertEqual(sorted(one.to[0] for one in mail.outbox), sorted([self.owner.email, other.email]))
        self.assertIn(self.owner.email, mail.outbox[0].body)
        self.assertFalse(Due.objects.filter(kind=enforcement.KIND).exists())

    def test_a_code_after_the_password_of_break_glass_is_no_second_use_of_it(self) -> None:
        app = app_of(self.owner)
        sign_in(self.client, self.owner.email)
        due = Due.objects.get(kind=enforcement.KIND)
        enforcement.tell_owners(user_id=due.object_id)

        self.client.post(STEP, {"code": totp.current_code(app)})

        self.assertTrue(is_in(self.client))
        self.assertEqual(audited().get(action="user.signed_in").detail["method"], Method.BREAK_GLASS)
        self.assertEqual(audited(action="sso.break_glass_used").count(), 1)
        self.assertFalse(Due.objects.filter(kind=enforcement.KIND).exists())

    def test_who_was_break_glass_when_the_password_was_typed_and_is_not_any_more_is_refused(self) -> None:
        app = app_of(self.owner)
        sign_in(self.client, self.owner.email)

        enforcement.enforce(break_glass_user_id=self.admin.pk, by=self.admin)

        self.client.post(STEP, {"code": totp.current_code(app)})
        self.assertFalse(has_session(self.owner))

    def test_a_wrong_password_for_the_break_glass_account_leaves_neither(self) -> None:
        sign_in(self.client, self.owner.email, "not-it")

        self.assertFalse(audited(action="sso.break_glass_used").exists())
        self.assertFalse(Due.objects.filter(kind=enforcement.KIND).exists())

    def test_another_tenant_and_the_platform_s_staff_sign_in_as_before(self) -> None:
        with self.in_tenant(OTHER):
            person("bob@beta.example")
        with tenancy.enter_platform():
            root = User.objects.create_superuser("root@candor.example", PASSWORD, name="Root")
            self.assertEqual(signing_in.local_method(root, Method.PASSWORD), Method.PASSWORD)

        client = TenantClient(OTHER)
        sign_in(client, "bob@beta.example")

        self.assertTrue(is_in(client))
