"""What a tenant takes along holds its money too, and nobody else's."""

import io
import json
import zipfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from django.test import override_settings

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import CreditGrant, Plan, ReceiptPolicy
from billing.services import invoicing, quota
from billing.tests.invoiced import details, line, no_lines, subscription
from billing.tests.test_invoice_pdf import text_of
from core import clock, tenancy, typesetting
from core.ids import uuid7
from core.testing import HOME, OTHER, TenantTestCase
from llm import own_budgets
from llm.models import LlmCall, OwnBudget
from tenants.models import TenantExport
from tenants.services import exporting

URL = "/settings/close/export/"


def fill(schema: str) -> tuple[Any, Any]:
    """An invoice, an interview with a call, a credit, a budget; the invoice and the interview's id."""
    with tenancy.enter(schema):
        details(schema, company=f"{schema} GmbH", email=f"bills@{schema}.example")
        no_lines(schema)
        line("100.00", schema, text=f"Something for {schema}")
        invoice = invoicing.issue(subscription_id=subscription(schema).pk)
        interview_id = uuid7()
        quota.reserve(interview_id=interview_id)
        period = subscription(schema).periods.latest("period_start")
        CreditGrant.objects.create(period=period, interviews=3, reason="Agreed with them.", granted_by=uuid7())
        OwnBudget.objects.create(tenant=schema, period="day", limit_usd=Decimal(7), is_hard=True, warn_percent=80)
        called(schema, interview_id)
    return invoice, interview_id


def called(schema: str, interview_id: Any) -> None:
    LlmCall.objects.create(
        request_id=uuid7(),
        tenant=schema,
        feature="question",
        interview_id=interview_id,
        model=f"model-of-{schema}",
        source=LlmCall.Source.PROVIDER,
        cost_usd=Decimal("0.01230000"),
        latency_ms=10,
        settled_at=clock.now() + timedelta(seconds=1),
    )


class TakingAlongTests(TenantTestCase):
    databases = {"default", "keys", "owner"}

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(override_settings(VAR=Path(self.enterContext(TemporaryDirectory()))))
        self.invoice, self.interview_id = fill(HOME)
        self.theirs, self.their_interview = fill(OTHER)
        self.owner = signed_in(person("olga@alpha.example", role=Role.OWNER))

    def archive(self) -> zipfile.ZipFile:
        self.owner.post(URL)
        row = TenantExport.objects.latest("created_at")
        exporting.build(export_id=row.pk)
        response: Any = self.owner.post(f"{URL}{row.pk}/")
        return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))

    def rows(self, archive: zipfile.ZipFile, table: str) -> list[dict[str, Any]]:
        return [json.loads(row) for row in archive.read(f"{table}.jsonl").splitlines()]

    def test_it_holds_invoices_with_their_lines_and_pdfs(self) -> None:
        archive = self.archive()

        (invoice,), (one,) = self.rows(archive, "billing_invoice"), self.rows(archive, "billing_invoiceline")
        self.assertEqual((invoice["number"], invoice["total_usd"]), (self.invoice.number, str(self.invoice.total_usd)))
        self.assertEqual((one["invoice_id"], one["amount_usd"]), (str(self.invoice.pk), "100.00"))
        papers = [name for name in archive.namelist() if name.endswith(".pdf")]
        self.assertEqual(papers, [f"invoices/{self.invoice.number}.pdf"])
        self.assertTrue(archive.read(papers[0]).startswith(b"%PDF"))

    def test_it_holds_what_was_bought_used_and_allowed(self) -> None:
        archive = self.archive()

        (held,), (period,) = self.rows(archive, "billing_subscription"), self.rows(archive, "billing_quotaperiod")
        (used,), (credit,) = self.rows(archive, "billing_usagerecord"), self.rows(archive, "billing_creditgrant")
        self.assertEqual((held["id"], held["plan_id"]), (str(subscription().pk), subscription().plan_id))
        self.assertEqual(period["reserved"], 1)
        self.assertEqual((used["kind"], used["interview_id"]), ("interview_started", str(self.interview_id)))
        self.assertEqual((credit["interviews"], "granted_by" in credit), (3, False))
        self.assertEqual([plan["code"] for plan in self.rows(archive, "billing_plan")], [subscription().plan_id])
        self.assertEqual([row["limit_usd"] for row in self.rows(archive, "llm_own_budget")], ["7.00"])
        self.assertEqual(self.rows(archive, "billing_billingdetails")[0]["company"], "alpha GmbH")

    def test_it_holds_a_receipt_for_each_interview_where_the_tenant_sees_them(self) -> None:
        (receipt,) = self.rows(self.archive(), "billing_receipt")

        self.assertEqual((receipt["interview_id"], receipt["infrastructure_usd"]), (str(self.interview_id), None))
        (call,) = receipt["lines"]
        self.assertEqual((call["model"], call["calls"], call["cost_usd"]), ("model-of-alpha", 1, "0.01230000"))

        ReceiptPolicy.objects.create(tenant=subscription().tenant, is_shown=False)
        self.assertNotIn("billing_receipt.jsonl", self.archive().namelist())

    def test_nothing_of_another_tenant_is_in_it(self) -> None:
        Plan.objects.create(
            code="beta-contract", family="beta", name="Beta's", price_usd=1, interviews_a_month=1,
            tenant=subscription(OTHER).tenant,
        )  # fmt: skip
        archive = self.archive()

        names = archive.namelist()
        papers = [text_of(archive.read(name)) for name in names if name.endswith(".pdf")]
        rows = b"".join(archive.read(name) for name in names if not name.endswith(".pdf"))
        everything = "\n".join([*names, *papers]).encode() + rows
        self.assertIn(b"alpha GmbH", everything)
        theirs = (self.theirs.pk, self.theirs.number, self.their_interview, subscription(OTHER).pk, "beta-contract")
        for other in (*theirs, "beta GmbH", "bills@beta.example", "model-of-beta", "Something for beta"):
            self.assertNotIn(str(other).encode(), everything)
        self.assertEqual(len(own_budgets.rows(OTHER)), 1)

    def test_an_invoice_that_can_not_be_set_is_in_the_rows_all_the_same(self) -> None:
        with mock.patch.object(typesetting, "typeset", side_effect=typesetting.NotSet("no")):
            archive = self.archive()

        self.assertEqual([name for name in archive.namelist() if name.endswith(".pdf")], [])
        self.assertEqual(len(self.rows(archive, "billing_invoice")), 1)
