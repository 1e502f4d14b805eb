"""Fifty interviews, taken and evaluated through the gateway: their receipts are the ledger, to the last decimal."""

import csv
import io
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from accounts.roles import Role
from billing import selectors as billing
from billing.models import Subscription
from core import clock, months, tenancy
from core.testing import OTHER, TenantTestCase
from interviews.models import Interview
from interviews.selectors import costs
from interviews.services import cost_receipts
from interviews.tests import make
from llm import own_keys
from llm.models import LlmCall, Offer, Price
from llm.tests.accounts import account
from llm.tests.asking import using
from llm.tests.made import call
from tests.mock_model import MockModel

pytestmark = pytest.mark.prove  # fifty whole interviews; llm/tests/test_receipts.py tries every kind of call

FIFTY = 50
AWKWARD = {"usd_in": Decimal("0.1371"), "usd_cached": Decimal("0.0171"), "usd_out": Decimal("0.5933")}  # a million
SUMS = ("tokens_in", "tokens_cached", "tokens_out", "cost_usd", "saved_usd")
SHORT = {"competencies": make.PLAN.competencies[:1], "questions": make.PLAN.questions[:1]}


class FiftyTests(TenantTestCase):
    """Every seventh answer is empty, some replies are prepared, five went unpriced and the last five over own keys."""

    def setUp(self) -> None:
        super().setUp()
        billing._remembered.clear()
        self.addCleanup(billing._remembered.clear)
        self.addCleanup(own_keys.forget, "alpha")

    def taken(self) -> list[Interview]:
        with MockModel(fault="nothing_said", every=7) as server:
            with using(server):
                unpriced = [self.take(number) for number in range(5)]
            account("mock-1", server.url, "env:OPENAI_API_KEY", model="mock")
            Price.objects.create(offer=Offer.objects.get(model="mock"), version="2026-02-02", **AWKWARD)
            with using(server):
                priced = [self.take(number) for number in range(5, 45)]
                self.bring_a_key()
                return unpriced + priced + [self.take(number) for number in range(45, FIFTY)]

    def take(self, number: int) -> Interview:
        slug = f"plan-{number % 5}"
        make.job(slug, words_every_reply=number % 5 > 0, **SHORT)
        said = f"{make.ANSWERS[0]} That was case {number}."
        return make.evaluated(make.invited(f"p{number}@example.org", slug=slug), [said])

    def bring_a_key(self) -> None:
        Subscription.objects.filter(tenant_id=tenancy.tenant_id()).update(plan_id="enterprise")
        billing._remembered.clear()
        own_keys.give(tenant_schema="alpha", account_label="mock-1", key="sk-THEIR-OWN")
        own_keys.forget("alpha")

    def test_receipts_of_fifty_interviews_sum_to_the_ledger_to_the_last_decimal(self) -> None:
        taken = self.taken()
        call(clock.now(), feature="question_drafts", cost="0.00000007")
        call(clock.now(), tenant=OTHER, interview_id=taken[0].pk, cost="9")

        found = [cost.receipt for cost in costs.of(taken)]

        rows = list(LlmCall.objects.filter(tenant="alpha", interview_id__isnull=False))
        lines = [line for receipt in found for line in receipt.lines]
        for name in SUMS:
            with self.subTest(name):
                self.assertEqual(
                    sum(getattr(line, name) for line in lines), sum(getattr(row, name) or 0 for row in rows)
                )
        self.assertEqual(self.kinds(lines), Counter(self.kind(row) for row in rows))
        self.assertEqual([receipt.ledger_usd for receipt in found], [self.in_sql(one) for one in taken])
        self.assertEqual(len(rows), sum(receipt.calls for receipt in found))
        self.assert_all_kinds_were_there(found)
        self.assert_the_month_is_the_whole_ledger(found)
        self.assert_the_file_has_the_same_sums(found)

    def kind(self, one: Any) -> tuple[Any, ...]:
        return (one.feature, one.model, one.source, one.own_key)

    def kinds(self, lines: list[Any]) -> Counter[Any]:
        counted: Counter[Any] = Counter()
        for line in lines:
            counted[self.kind(line)] += line.calls + line.unsettled
        return counted

    def in_sql(self, interview: Interview) -> Decimal:
        rows = LlmCall.objects.filter(tenant="alpha", interview_id=interview.pk)
        return rows.aggregate(sum=Sum("cost_usd"))["sum"] or Decimal(0)

    def assert_all_kinds_were_there(self, found: list[Any]) -> None:
        """Or the sums would prove little."""
        self.assertEqual([bool(receipt.unpriced) for receipt in found], [True] * 5 + [False] * 45)
        self.assertEqual([bool(receipt.own) for receipt in found], [False] * 45 + [True] * 5)
        self.assertGreater(sum(line.failures for receipt in found for line in receipt.lines), 20)
        self.assertGreater(sum(line.source == "template" for receipt in found for line in receipt.lines), 5)
        total = sum(receipt.cost_usd for receipt in found)
        self.assertGreater(total, Decimal("0.001"))
        self.assertNotEqual(total, round(total, 7))

    def assert_the_month_is_the_whole_ledger(self, found: list[Any]) -> None:
        month = costs.of_month(months.this())
        self.assertEqual(month.of_interviews.ledger_usd, sum(receipt.ledger_usd for receipt in found))
        self.assertEqual(month.beside.ledger_usd, Decimal("0.00000007"))

    def assert_the_file_has_the_same_sums(self, found: list[Any]) -> None:
        text = cost_receipts.exported(by=make.staff(Role.ADMIN), month=months.this())
        rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
        self.assertEqual(len(rows), FIFTY + 1)
        for name, total in (
            ("Models, USD", sum(receipt.cost_usd for receipt in found) + Decimal("0.00000007")),
            ("On your own keys, USD", sum(receipt.own_usd for receipt in found)),
            ("Calls of unknown cost", sum(receipt.unpriced for receipt in found)),
        ):
            self.assertEqual(sum(Decimal(row[name]) for row in rows), total)
