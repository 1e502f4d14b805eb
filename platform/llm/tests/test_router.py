"""The router: the cheapest healthy target that is good enough, and why."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm import router
from llm.policy import TenantPolicy
from llm.router import CLOSED, HALF_OPEN, OPEN, Need
from llm.targets import FRONTIER, MEDIUM, SMALL, STRONG, Price, Target


def target(name: str, quality: int, fresh: str = "1", out: str = "2", **more: Any) -> Target:
    price = Price(Decimal(fresh), Decimal(fresh), Decimal(out))
    return Target(name, name, f"http://{name}.example/v1", f"{name}-model", quality=quality, price=price, **more)


CHEAP = target("cheap", SMALL, "0.10", "0.50")
MIDDLE = target("middle", MEDIUM, "0.50", "2")
STRONG_ONE = target("strong", STRONG, "2", "10", region="eu")
BEST = target("best", FRONTIER, "10", "50")
ALL = (BEST, STRONG_ONE, MIDDLE, CHEAP)


def need(complexity: str = "simple", **more: Any) -> Need:
    asked: dict[str, Any] = {"tokens_in": 400, "tokens_out": 200, "policy": TenantPolicy(schema="alpha")} | more
    return Need(complexity, **asked)


def names(*targets: Target, asked: Need, health: dict[str, int] | None = None) -> list[str]:
    return [candidate.target.account for candidate in router.order(targets, asked, health).candidates]


@pytest.mark.parametrize(
    ("complexity", "expected"),
    [
        ("simple", ["cheap", "middle", "strong", "best"]),
        ("medium", ["middle", "strong", "best"]),
        ("complex", ["strong", "best"]),
    ],
)
def test_the_cheapest_that_is_good_enough_comes_first(complexity: str, expected: list[str]) -> None:
    assert names(*ALL, asked=need(complexity)) == expected


def test_a_wanted_quality_raises_the_least_one() -> None:
    assert names(*ALL, asked=need("simple", quality=STRONG)) == ["strong", "best"]


def test_where_nothing_is_good_enough_the_best_there_is_is_asked_and_said_so() -> None:
    route = router.order([CHEAP, MIDDLE], need("complex"))

    assert [candidate.target.account for candidate in route.candidates] == ["middle"]
    assert route.below
    assert route.why == "complex: quality 2 (there is no better), 1 of 2 fit"


def test_who_failed_comes_last_whatever_it_costs_until_it_may_be_probed() -> None:
    failed, probed = {"cheap": OPEN, "strong": CLOSED}, {"cheap": HALF_OPEN}

    assert names(CHEAP, MIDDLE, STRONG_ONE, asked=need(), health=failed) == ["middle", "strong", "cheap"]
    assert names(CHEAP, MIDDLE, STRONG_ONE, asked=need(), health=probed) == ["cheap", "middle", "strong"]


def test_a_policy_of_region_and_providers_is_kept() -> None:
    assert names(*ALL, asked=need(policy=TenantPolicy(schema="a", region="eu"))) == ["strong"]
    assert names(*ALL, asked=need(policy=TenantPolicy(schema="a", providers=frozenset({"best"})))) == ["best"]
    assert names(*ALL, asked=need(policy=TenantPolicy(schema="a", region="mars"))) == []


def test_what_is_too_long_for_a_context_does_not_go_there() -> None:
    short = replace(CHEAP, context_tokens=599)

    assert names(short, MIDDLE, asked=need()) == ["middle"]
    assert names(replace(short, context_tokens=600), asked=need()) == ["cheap"]


def test_words_never_go_to_ears_nor_a_batch_to_who_has_none() -> None:
    assert names(replace(CHEAP, takes_audio=True), MIDDLE, asked=need()) == ["middle"]
    assert names(CHEAP, replace(MIDDLE, has_batch=True), asked=need(batch=True)) == ["middle"]


def test_what_is_reserved_is_the_most_that_the_call_may_take() -> None:
    thinking = replace(CHEAP, reasoning_tokens=1000)

    route = router.order([thinking], need())
    [candidate] = route.candidates

    assert candidate.tokens == 1600
    assert candidate.cost_nano == 640_000  # (400 x 0.10 + 1200 x 0.50) / 1,000,000 dollars
    assert route.reason(candidate) == "simple: quality 1 or better, 1 of 1 fit; number 1 by price"
    assert route.reason(candidate, "timeout").endswith("number 1 by price, after timeout")


def test_an_unknown_complexity_is_an_error() -> None:
    with pytest.raises(router.UnknownComplexity, match="'hard'; use one of simple, medium, complex"):
        router.order(ALL, need("hard"))


@given(st.permutations(ALL), st.sampled_from(["simple", "medium", "complex"]))
def test_the_order_of_the_rows_decides_nothing(rows: list[Target], complexity: str) -> None:
    assert names(*rows, asked=need(complexity)) == names(*ALL, asked=need(complexity))


def test_a_longer_request_to_one_target_holds_more_tokens_and_money_and_has_the_same_reason() -> None:
    route = router.order(ALL, need())
    [before] = [one for one in route.candidates if one.target == MIDDLE]

    [longer] = route.to(MIDDLE, more_tokens=1000)

    assert (longer.tokens - before.tokens, longer.cost_nano - before.cost_nano) == (1000, 500_000)
    assert route.reason(longer) == route.reason(before)
