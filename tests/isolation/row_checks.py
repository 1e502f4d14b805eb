"""Channels by which a row of one tenant could reach the other: tables that all share, archives, mail."""

from typing import Any
from unittest import mock

from django.conf import settings
from django.core import mail
from django.db.models import Model
from django.urls import reverse

from accounts.models import AccountMail, User
from accounts.roles import Role
from accounts.services import mail as account_mail
from core import tenancy
from core.testing import HOME, OTHER
from tenants.models import ApiKey, CustomDomain, EmailDomain, SupportGrant
from tenants.services import exporting
from tests import asked
from tests.isolation.walk import ALPHA, BETA_HOST, WalkCase, refused
from tests.two_tenants import CANARY

PUBLIC_ROWS = {
    **dict.fromkeys(("api_key_rotate", "api_key_revoke"), asked.api_key),
    **dict.fromkeys(("support_grant", "support_revoke"), asked.support_grant),
    **dict.fromkeys(("support_approve", "support_refuse"), asked.support_asked),
    "billing_invoice_pdf": asked.invoice,
    **{f"settings_domain_{act}": asked.own_host for act in ("check", "primary", "remove")},
    **{f"email_domain_{act}": asked.mail_domain for act in ("check", "remove")},
}


class RowChecks(WalkCase):
    """One check a channel: it raises AssertionError when something gets through."""

    databases = {"default", "keys", "owner"}  # archives are written under a lock in the last one

    def check_public_rows(self) -> None:
        """What belongs to alpha in the schema of all: beta's owner knows its ids, and gets nothing by them."""
        before, beta = _public_rows(), self.actors["beta owner"].client(BETA_HOST)
        paths = {name: reverse(name, ALPHA.urlconf, args=ids(self.world)) for name, ids in PUBLIC_ROWS.items()}
        answers = {}
        with mock.patch("tenants.services.dns.txt_records", return_value=[]):
            for name, path in paths.items():
                answers[name] = beta.post(path, {"hours": "0"})
                answers[f"{name}, looked at"] = beta.get(path)
        tenancy.use(tenancy.by_schema(HOME))

        self.assertEqual({name: answer.status_code for name, answer in answers.items() if not refused(answer)}, {})
        self.assertEqual(_public_rows(), before)

    def check_exports(self) -> None:
        """An archive holds one tenant's rows, and the other's owner of the same key can't take it."""
        owner = User.objects.get(role=Role.OWNER)
        row = exporting.ask(by=owner, session_key="a-session")
        exporting.build(export_id=row.pk)
        self.addCleanup(exporting._path(row).unlink, missing_ok=True)
        lines = b"".join(line for model in exporting.exported_models() for line in exporting._lines(model)).decode()

        self.assertIn(CANARY[HOME], lines)
        self.assertNotIn(CANARY[OTHER], lines)
        with self.in_tenant(OTHER), self.assertRaises(exporting.NothingToTake):
            exporting.take(export_id=row.pk, by=User.objects.get(pk=owner.pk), session_key="a-session")

    def check_mail(self) -> None:
        """Both owners have one key and one address: each gets the words of their own company and a link to its host."""
        owner = User.objects.get(role=Role.OWNER)
        for tenant in (HOME, OTHER):
            with self.in_tenant(tenant):
                account_mail.owe(kind=account_mail.Kind.RESET, about_id=owner.pk)
                account_mail.send(mail_id=AccountMail.objects.get(kind=account_mail.Kind.RESET).pk)
        letters = [f"{letter.subject} {letter.to} {letter.body}" for letter in mail.outbox[-2:]]

        for letter, own, strange in zip(letters, (HOME, OTHER), (OTHER, HOME), strict=True):
            self.assertIn(f"{own}.{settings.BASE_DOMAIN}", letter)
            self.assertNotIn(f"{strange}.{settings.BASE_DOMAIN}", letter)
            self.assertIn(CANARY[own], letter)
            self.assertNotIn(CANARY[strange], letter)


def _public_rows() -> list[dict[str, Any]]:
    """Alpha's rows of tables that all tenants share."""
    models: tuple[type[Model], ...] = (ApiKey, SupportGrant, CustomDomain, EmailDomain)
    return [row for model in models for row in model._default_manager.filter(tenant__schema_name=HOME).values()]
