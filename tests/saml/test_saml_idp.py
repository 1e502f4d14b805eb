"""The npm package saml-idp over HTTP: our request, its page, its answer, our door."""

import tempfile
from pathlib import Path
from typing import Any
from unittest import skipIf

import pytest
from django.conf import settings

from accounts.models import User
from accounts.roles import Role
from core.clock import now
from core.testing import OTHER
from tenants.models import SamlConnection
from tenants.services import idp_metadata
from tenants.services.saml import certificates, toolkit
from tests.saml import saml_idp
from tests.saml.case import SamlCase, code_of
from tests.saml.simplesamlphp import ServiceProvider

pytestmark = pytest.mark.prove


@skipIf(saml_idp.missing(), saml_idp.missing())
class SamlIdpTests(SamlCase):
    installed: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.installed = Path(settings.VAR) / "saml-idp"
        try:
            saml_idp.install(cls.installed)
        except saml_idp.NotInstalled as error:
            pytest.skip(str(error))  # before the database is touched: nothing would put it back
        super().setUpClass()

    def provider(self, **how: Any) -> saml_idp.Provider:
        """Running, and read from its own metadata as an admin's form does."""
        here = toolkit.endpoints(self.connection)
        own = certificates.ensure(self.connection).sp_certificate
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        ours = ServiceProvider(here.entity_id, here.acs, here.slo, own)
        running = self.enterContext(saml_idp.saml_idp(self.installed, folder, self.keys, ours, **how))
        told = idp_metadata.read(running.metadata(), now=now())
        self.change(
            idp_entity_id=told.entity_id,
            sso_url=told.sso_url,
            certificates=list(told.certificates),
            groups_attribute="groups",
            group_roles={"hr": "recruiter"},
        )
        return running

    def come_in(self, provider: saml_idp.Provider) -> Any:
        journey = self.leave()
        form = provider.answer_to(journey.address)
        return journey, self.post(journey, form["SAMLResponse"], form["RelayState"])

    def test_somebody_signs_in_with_the_role_of_their_group(self) -> None:
        journey, response = self.come_in(self.provider())

        self.assertEqual(code_of(response), "302")
        self.assertEqual(journey.client.get("/").status_code, 200)
        self.assertEqual(User.objects.get(email="ada@alpha.example").role, Role.RECRUITER)

    def test_encrypted_assertions_come_in_where_no_others_are_taken(self) -> None:
        self.change(want_encrypted=True)
        _, plain = self.come_in(self.provider())
        self.assertEqual(code_of(plain), "not_encrypted")

        journey, response = self.come_in(self.provider(encrypt=True))

        self.assertEqual(code_of(response), "302")
        self.assertEqual(journey.client.get("/").status_code, 200)

    def test_its_answer_is_nothing_at_another_tenant_with_the_same_provider(self) -> None:
        provider = self.provider()
        shared = SamlConnection.objects.values("idp_entity_id", "certificates").get(pk=self.connection.pk)
        SamlConnection.objects.filter(pk=self.beta.pk).update(**shared)
        journey, theirs = self.leave(), self.leave(tenant=OTHER)
        form = provider.answer_to(journey.address)

        self.assert_refused(theirs, form["SAMLResponse"], "destination", relay_state=form["RelayState"])
