"""Setting up single sign-on: metadata, certificates, settings, on and off."""

from datetime import timedelta
from unittest.mock import patch

from accounts.models import Identity, Session, User
from accounts.roles import NotPermitted, Role
from accounts.services.signing_in import Method
from accounts.tests.people import is_in, signed_in
from core import tenancy
from core.models import Due
from core.testing import HOME, OTHER, TenantClient, TenantTestCase
from tenants import idp_certificates
from tenants.models import SamlConnection
from tenants.services import certificate_warnings, sso
from tenants.services.idp_metadata import MetadataRefused
from tenants.tests import connections, idps
from tenants.tests.connections import audited


def actions() -> list[str]:
    return list(audited(action__startswith="sso.").values_list("action", flat=True))


def chosen(**changes: object) -> sso.Settings:
    fields = {"allow_idp_initiated": False, "sign_requests": True, "want_encrypted": False, "create_people": True}
    names = {"email_attribute": "", "name_attribute": "", "groups_attribute": "groups", "group_roles": {}}
    return sso.Settings(**(fields | names | changes))  # type: ignore[arg-type]


class ProviderTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin = connections.admin()

    def test_the_first_metadata_begins_a_connection_that_is_off_with_a_key_of_our_own(self) -> None:
        made = connections.connected(self.admin)

        made.refresh_from_db()
        self.assertEqual((made.idp_entity_id, made.sso_url, made.slo_url), (idps.ENTITY, idps.SSO_URL, idps.SLO_URL))
        self.assertEqual(made.certificates, [idps.pem(idps.good())])
        self.assertEqual((made.enabled, made.enforced, made.tested_at), (False, False, None))
        self.assertIn("BEGIN CERTIFICATE", made.sp_certificate)
        self.assertIn("BEGIN PRIVATE KEY", made.sp_key or "")  # pragma: allowlist secret
        self.assertEqual((made.tenant_id, actions()), (tenancy.tenant_id(), ["sso.provider_added"]))

    def test_new_metadata_of_the_same_provider_adds_its_certificate_and_keeps_the_old_one(self) -> None:
        before = connections.connected(self.admin, enabled=True, tested_at="2026-01-01T00:00Z")
        new = idps.certificate("new")

        after = sso.give_metadata(raw=idps.metadata(new), by=self.admin)

        self.assertEqual(after.pk, before.pk)
        self.assertEqual(after.certificates, [idps.pem(idps.good()), idps.pem(new)])
        self.assertEqual((after.enabled, after.tested_at), (True, None))

    def test_the_same_metadata_again_changes_nothing_and_stays_tested(self) -> None:
        before = connections.connected(self.admin, tested_at="2026-01-01T00:00Z")

        sso.give_metadata(raw=idps.metadata(), by=self.admin)

        after = SamlConnection.objects.get()
        self.assertEqual((after.tested_at, after.updated_at), (before.tested_at, before.updated_at))

    def test_a_certificate_that_is_over_goes_when_new_metadata_comes(self) -> None:
        old = idps.certificate("old", begins=timedelta(days=-9), lasts=timedelta(days=-1))
        connections.connected(self.admin, certificates=[idps.pem(old)])

        after = sso.give_metadata(raw=idps.metadata(), by=self.admin)

        self.assertEqual(after.certificates, [idps.pem(idps.good())])

    def test_another_provider_is_refused_until_somebody_says_that_it_replaces_the_old_one(self) -> None:
        connections.connected(self.admin)

        with self.assertRaises(sso.OtherProvider):
            sso.give_metadata(raw=idps.metadata(entity_id="https://evil.example"), by=self.admin)

        self.assertEqual(SamlConnection.objects.get().idp_entity_id, idps.ENTITY)

    def test_another_provider_is_another_connection_that_is_off_and_where_no_old_name_names_anybody(self) -> None:
        before = connections.connected(self.admin, enabled=True, name_attribute="displayName")
        Identity.objects.create(user=self.admin, provider_id=before.pk, subject="ada")
        raw = idps.metadata(entity_id="https://new.example")

        after = sso.give_metadata(raw=raw, by=self.admin, replace=True)

        after.refresh_from_db()
        self.assertNotEqual(after.pk, before.pk)
        self.assertEqual((after.enabled, after.name_attribute, Identity.objects.count()), (False, "displayName", 0))
        self.assertEqual((after.sp_certificate, after.sp_key), (before.sp_certificate, before.sp_key))
        self.assertEqual(SamlConnection.objects.count(), 1)

    def test_wrong_metadata_leaves_everything_as_it_was(self) -> None:
        connections.connected(self.admin)

        with self.assertRaises(MetadataRefused):
            sso.give_metadata(raw=b"<html/>", by=self.admin)

        self.assertEqual((SamlConnection.objects.get().sso_url, actions()), (idps.SSO_URL, ["sso.provider_added"]))

    def test_a_fetched_address_is_kept(self) -> None:
        with patch("tenants.services.fetching.fetch", return_value=idps.metadata()) as fetched:
            made = sso.fetch_metadata(url="https://idp.example/m", by=self.admin)

        fetched.assert_called_once_with("https://idp.example/m")
        self.assertEqual(made.metadata_url, "https://idp.example/m")

    def test_who_may_not_manage_signing_in_changes_nothing_and_fetches_nothing(self) -> None:
        connections.connected(self.admin)
        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            one = connections.admin(role)
            with patch("tenants.services.fetching.fetch") as fetched, self.assertRaises(NotPermitted):
                sso.fetch_metadata(url="https://idp.example/m", by=one)
            for act in (sso.enable, sso.disable):
                with self.assertRaises(NotPermitted):
                    act(by=one)
            with self.assertRaises(NotPermitted):
                sso.change_settings(settings=chosen(), by=one)

        fetched.assert_not_called()
        self.assertEqual(actions(), ["sso.provider_added"])

    def test_another_tenant_s_connection_is_its_own(self) -> None:
        connections.connected(self.admin)
        with self.in_tenant(OTHER):
            other = connections.connected(connections.admin(), idps.metadata(entity_id="https://beta.example"))
            sso.enable(by=connections.admin(Role.OWNER))

        self.assertFalse(SamlConnection.objects.get(tenant_id=tenancy.tenant_id()).enabled)
        self.assertNotEqual(other.tenant_id, tenancy.tenant_id())


class SessionsTests(TenantTestCase):
    """What the provider vouched for ends with the trust in it, but for the session that acts."""

    def setUp(self) -> None:
        super().setUp()
        self.admin = connections.admin()
        self.connection = connections.connected(self.admin, enabled=True)
        sso.give_metadata(raw=idps.metadata(idps.certificate("new")), by=self.admin)
        self.colleague = connections.admin(Role.RECRUITER)
        self.acting, self.stolen = self.vouched(self.admin), self.vouched(self.admin)
        self.theirs, self.by_password = self.vouched(self.colleague), signed_in(self.colleague)
        with self.in_tenant(OTHER):
            self.beta = self.vouched(connections.admin(), OTHER)

    def vouched(self, user: User, tenant: str = HOME) -> TenantClient:
        client = signed_in(user, tenant)
        Session.objects.filter(session_key=client.session.session_key).update(method=Method.SAML)
        return client

    def assert_ended(self, action: str) -> None:
        here = (self.acting, self.stolen, self.theirs, self.by_password)
        self.assertEqual([is_in(client) for client in here], [True, False, False, True])
        self.assertEqual(audited(action=action).get().detail["sessions_ended"], 2)
        with self.in_tenant(OTHER):
            self.assertEqual(Session.objects.filter(method=Method.SAML).count(), 1)

    def test_they_end_when_a_certificate_is_trusted_no_longer(self) -> None:
        print_ = idp_certificates.fingerprint(idps.pem(idps.good()))

        self.acting.post("/settings/sign-in/certificates/remove/", {"fingerprint": print_})

        self.assert_ended("sso.certificate_removed")

    def test_they_end_when_it_is_turned_off(self) -> None:
        self.acting.post("/settings/sign-in/switch/", {"to": "off"})

        self.assert_ended("sso.disabled")

    def test_they_end_when_another_provider_takes_its_place(self) -> None:
        raw = idps.metadata(entity_id="https://new.example").decode()

        self.acting.post("/settings/sign-in/provider/", {"xml": raw, "replace": "on"})

        self.assert_ended("sso.provider_removed")

    def test_what_changes_no_trust_ends_none(self) -> None:
        for path, data in {
            "certificates/remove/": {"fingerprint": "x"},
            "switch/": {"to": "on"},
            "provider/": {"xml": idps.metadata().decode()},
        }.items():
            self.acting.post(f"/settings/sign-in/{path}", data)

        self.assertTrue(all(is_in(client) for client in (self.acting, self.stolen, self.theirs, self.by_password)))


class SettingsTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin = connections.admin()
        self.connection = connections.connected(self.admin, tested_at="2026-01-01T00:00Z")

    def test_what_is_chosen_is_stored_and_wants_a_new_test(self) -> None:
        sso.change_settings(settings=chosen(group_roles={"hr": "recruiter"}, want_encrypted=True), by=self.admin)

        after = SamlConnection.objects.get()
        self.assertEqual((after.group_roles, after.want_encrypted, after.tested_at), ({"hr": "recruiter"}, True, None))
        self.assertGreater(after.updated_at, self.connection.updated_at)

    def test_the_same_settings_again_stay_tested(self) -> None:
        sso.change_settings(settings=sso.settings_of(self.connection), by=self.admin)

        self.assertEqual(SamlConnection.objects.get().tested_at, self.connection.tested_at)

    def test_no_group_makes_an_owner_or_gives_an_unknown_role(self) -> None:
        for role in ("owner", "root", ""):
            with self.assertRaises(sso.NotGrantable):
                sso.change_settings(settings=chosen(group_roles={"hr": role}), by=self.admin)

        self.assertEqual(SamlConnection.objects.get().group_roles, {})

    def test_it_is_turned_on_and_off_and_off_ends_the_refusal_of_passwords(self) -> None:
        sso.enable(by=self.admin)
        SamlConnection.objects.update(enforced=True, break_glass_user_id=self.admin.pk)
        sso.disable(by=self.admin)

        after = SamlConnection.objects.get()
        self.assertEqual((after.enabled, after.enforced), (False, False))
        self.assertEqual(actions(), ["sso.provider_added", "sso.enabled", "sso.disabled"])

    def test_it_is_not_turned_on_with_certificates_that_are_over(self) -> None:
        old = idps.certificate("old", begins=timedelta(days=-9), lasts=timedelta(days=-1))
        SamlConnection.objects.update(certificates=[idps.pem(old)])

        with self.assertRaises(sso.NoUsableCertificate):
            sso.enable(by=self.admin)

        self.assertFalse(SamlConnection.objects.get().enabled)

    def test_one_of_two_certificates_can_be_removed_and_the_last_one_can_t(self) -> None:
        sso.give_metadata(raw=idps.metadata(idps.certificate("new")), by=self.admin)
        prints = [idp_certificates.fingerprint(one) for one in SamlConnection.objects.get().certificates]

        sso.remove_certificate(fingerprint=prints[0], by=self.admin)
        with self.assertRaises(sso.LastCertificate):
            sso.remove_certificate(fingerprint=prints[1], by=self.admin)

        left = SamlConnection.objects.get().certificates
        self.assertEqual([idp_certificates.fingerprint(one) for one in left], prints[1:])

    def test_turning_on_owes_the_next_warning_and_turning_off_does_not(self) -> None:
        owed = Due.objects.filter(kind=certificate_warnings.KIND, object_id=self.connection.pk)
        sso.enable(by=self.admin)
        self.assertEqual(owed.count(), 1)

        sso.disable(by=self.admin)
        self.assertEqual(owed.count(), 0)
