"""The ledger: a row is settled once and never changed or removed."""

import time
import uuid
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from core.ids import uuid7
from llm import ledger, preparing
from llm.answers import Usage
from llm.models import LlmCall
from llm.policy import TenantPolicy
from llm.preparing import Prepared
from llm.targets import Price, Target

pytestmark = pytest.mark.django_db

TARGET = Target(
    account="a", provider="p", base_url="http://127.0.0.1/v1", api_key="k", model="m", structured="prompt",
    max_tokens_field="max_tokens", price=Price(Decimal(2), Decimal("0.5"), Decimal(10)), price_version="v1",
)  # fmt: skip


def prepared() -> Prepared:
    return preparing.prepare(
        {
            "feature": "evaluation",
            "policy": TenantPolicy(schema="alpha"),
            "messages": [{"role": "user", "content": "Rate this."}],
            "max_tokens": 100,
            "deadline": time.monotonic() + 5,
            "interview_id": uuid.uuid4(),
            "prompt_version": "evaluation.v1",
        }
    )


def opened() -> LlmCall:
    return ledger.open_call(prepared(), TARGET, call_id=uuid7(), attempt=1, reason="complex")


def settled() -> LlmCall:
    call = opened()
    settle(call)
    return call


def settle(call: LlmCall) -> None:
    usage = Usage(tokens_in=1000, cached=400, tokens_out=50)
    ledger.settle(call, usage=usage, estimated=False, price=TARGET.price, latency_ms=12, finish_reason="stop")


def test_settling_records_tokens_and_the_exact_cost() -> None:
    settled()

    row = LlmCall.objects.get()
    assert (row.tokens_in, row.tokens_cached, row.tokens_out, row.latency_ms) == (1000, 400, 50, 12)
    assert row.cost_usd == Decimal("0.00190000")  # 600 x 2 + 400 x 0.5 + 50 x 10, per million


def test_a_row_that_was_never_settled_stays_as_it_was_opened() -> None:
    opened()

    row = LlmCall.objects.get()
    assert (row.settled_at, row.latency_ms, row.cost_usd, row.tokens_in) == (None, None, None, 0)


def test_a_call_is_settled_once() -> None:
    call = settled()

    with pytest.raises(ledger.SettledTwice):
        settle(call)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE llm_call SET cost_usd = 0",
        "UPDATE llm_call SET settled_at = NULL",
        "DELETE FROM llm_call",
        "TRUNCATE llm_call",
    ],
)
def test_the_database_refuses_to_change_or_remove_a_settled_row(change: str) -> None:
    settled()

    assert_refused(change)

    assert LlmCall.objects.get().cost_usd == Decimal("0.00190000")


@pytest.mark.parametrize(
    "change",
    ["UPDATE llm_call SET tenant = 'beta', settled_at = now(), latency_ms = 1", "UPDATE llm_call SET tokens_in = 1"],
)
def test_an_open_row_can_be_settled_and_nothing_else(change: str) -> None:
    opened()

    assert_refused(change)

    assert LlmCall.objects.get().tenant == "alpha"


def test_a_deleted_open_row_is_refused_too() -> None:
    opened()

    assert_refused("DELETE FROM llm_call")

    assert LlmCall.objects.count() == 1


def test_the_serving_role_could_not_delete_even_without_the_triggers() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array(SELECT has_table_privilege('public.llm_call', right_) FROM"
            " unnest(array['INSERT', 'DELETE', 'TRUNCATE']) AS right_)"
        )
        assert cursor.fetchone() == ([True, False, False],)


def assert_refused(statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
