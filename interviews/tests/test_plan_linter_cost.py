"""What the models of one interview cost, estimated from the plan and today's prices."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from django.test import override_settings

from interviews.services.plan_linter import Severity, cost, lint
from interviews.tests.planned import PLAN
from llm.models import Account, Offer, Price
from llm.policy import TenantPolicy
from llm.tests.accounts import account
from llm.tests.asking import forget

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

ALPHA = TenantPolicy(schema="alpha")
KEY = {"ONLY_KEY": "sk-any"}


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    forget()
    yield
    forget()


@pytest.fixture
def priced() -> Iterator[Account]:
    """One account, at a dollar a million tokens."""
    row = account("only", "http://127.0.0.1:9/v1", "env:ONLY_KEY")
    with override_settings(LLM_ENV=KEY):
        yield row


def figures(plan_cost: cost.Cost) -> list[tuple[str, Fraction, str, Decimal | None]]:
    return [(line.feature, line.calls, line.model, line.usd) for line in plan_cost.lines]


@pytest.mark.usefixtures("priced")
def test_it_is_the_expected_replies_and_a_rating_for_each_competency_at_the_price_of_who_is_asked_first() -> None:
    """Half of 4 follow-ups and 3 passes of 4 ratings, 1.05 calls each, of 380 + 110 and 1,000 + 170 tokens."""
    found = cost.estimate(PLAN, ALPHA)

    assert figures(found) == [
        ("interview_turn", Fraction("2.1"), "keyed", Decimal("0.001029")),
        ("evaluation", Fraction("12.6"), "keyed", Decimal("0.014742")),
    ]
    assert found.usd == Decimal("0.015771")


@pytest.mark.usefixtures("priced")
def test_the_remark_says_what_the_estimate_rests_on() -> None:
    (remark,) = lint(PLAN, policy=ALPHA)

    assert (remark.code, remark.severity) == ("cost", Severity.HINT)
    assert remark.message == (
        "About US$0.0158 for an interview, estimated from: 2.1 replies of 380 + 110 tokens by keyed; "
        "12.6 ratings of 1000 + 170 tokens by keyed. Sizes are assumed, prices are today's."
    )


@pytest.mark.usefixtures("priced")
def test_words_in_every_reply_cost_a_call_for_each_answer() -> None:
    found = cost.estimate(replace(PLAN, words_every_reply=True), ALPHA)

    assert figures(found)[0] == ("interview_turn", Fraction("7.35"), "keyed", Decimal("0.0036015"))


def test_ratings_that_may_wait_cost_what_a_batch_costs(priced: Account) -> None:
    Account.objects.filter(pk=priced.pk).update(has_batch=True)
    offer = Offer.objects.get(account=priced)
    price = {"usd_in": Decimal(1), "usd_cached": Decimal(1), "usd_out": Decimal(1), "batch_factor": Decimal("0.5")}
    Price.objects.create(offer=offer, version="2026-02-01", **price)
    forget()

    waiting, at_once = (cost.estimate(replace(PLAN, evaluation_waits_hours=hours), ALPHA) for hours in (12, 0))

    assert [line.usd for line in waiting.lines] == [Decimal("0.001029"), Decimal("0.007371")]
    assert [line.usd for line in at_once.lines] == [Decimal("0.001029"), Decimal("0.014742")]


@pytest.mark.usefixtures("priced")
def test_ratings_that_may_wait_where_nobody_has_batches_cost_a_live_call() -> None:
    found = cost.estimate(replace(PLAN, evaluation_waits_hours=12), ALPHA)

    assert found.usd == Decimal("0.015771")


def test_without_a_model_it_costs_nothing() -> None:
    with override_settings(LLM_ENV={}):
        (remark,) = lint(PLAN, policy=ALPHA)

        assert cost.estimate(PLAN, ALPHA).usd == Decimal(0)
    assert remark.message.startswith("US$0 for an interview: no model is configured")


@pytest.mark.usefixtures("priced")
def test_a_provider_that_the_tenant_does_not_allow_is_no_model() -> None:
    assert cost.estimate(PLAN, TenantPolicy(schema="alpha", region="eu")).lines == ()


def test_a_model_without_a_price_makes_the_sum_unknown() -> None:
    with override_settings(LLM_ENV={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}):
        found = cost.estimate(PLAN, ALPHA)
        (remark,) = lint(PLAN, policy=ALPHA)

    assert found.usd is None
    assert remark.message.startswith("About an unknown sum (a model has no price) for an interview")
    assert "by the server's own model" in remark.message


@pytest.mark.usefixtures("priced")
def test_a_plan_without_anything_asks_no_model() -> None:
    assert cost.estimate(replace(PLAN, questions=(), competencies=()), ALPHA).lines == ()


def test_without_a_policy_the_registry_is_not_read() -> None:
    assert lint(PLAN) == ()
