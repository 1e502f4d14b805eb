"""What an account carries is its tightest limit; a plan takes the cheapest first and carries whole interviews."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from llm import capacity
from llm.capacity_rows import NO_LIMITS, Facts, Model, Part, Row
from llm.targets import SMALL, STRONG, Limits, Price

FACTS = Facts(peak_factor=Fraction(6), days_a_month=30, latency_seconds=Fraction(3), read_a_written=Fraction(10))
DEAR, CHEAP = Price(Decimal(2), Decimal("0.2"), Decimal(10)), Price(Decimal("0.1"), Decimal("0.1"), Decimal("0.5"))


def part(name: str = "turn", quality: int = SMALL, calls: int = 10, **tokens: int) -> Part:
    amounts = {"tokens_in": 400, "tokens_cached": 100, "tokens_out": 100, "most_out": 300} | tokens
    fractions = {column: Fraction(amount) for column, amount in amounts.items()}
    return Part(name=name, quality=quality, calls=Fraction(calls), **fractions)


TURNS, EVALUATION = part(), part("evaluation", STRONG, calls=5)


def row(
    name: str = "a", limits: Limits = NO_LIMITS, *, price: Price = CHEAP, quality: int = STRONG, **more: Any
) -> Row:
    return Row(name, (Model("m", quality, price),), limits, **more)


@pytest.mark.parametrize(
    ("allowed", "interviews", "binds"),
    [
        (row(limits=Limits(requests_day=1000)), 100, "requests a day"),  # 1,000 / 10
        (row(limits=Limits(requests_day=1009)), 100, "requests a day"),
        (row(limits=Limits(requests_minute=30)), 720, "requests a minute"),  # 30 x 1,440 / 6 / 10
        (row(limits=Limits(tokens_day=1_000_000)), 200, "tokens a day"),  # 1,000,000 / (10 x 500)
        (row(limits=Limits(tokens_minute=60_000)), 2880, "tokens a minute"),  # 60,000 x 240 / 5,000
        (row(limits=Limits(tokens_day=1_000_000), counts_max_tokens=True), 142, "tokens a day"),  # 10 x (400 + 300)
        (row(limits=Limits(in_flight=1)), 480, "requests at once"),  # 86,400 / 6 / (10 x 3 s)
        (row(written_a_second=Fraction(7)), 72, "tokens a second"),  # 7 x 86,400 / 6 / (10 x (100 + 400 / 10))
        (row(interviews_day=25), 25, "interviews a day"),
        (row(requests_hour=3600, hours_counted=1), 360, "requests an hour"),
        (row(requests_hour=3600), 1440, "requests an hour"),  # 3,600 x 24 / 6 / 10
        (row(limits=Limits(requests_minute=30, requests_day=14_400, tokens_day=1_000_000)), 200, "tokens a day"),
    ],
)
def test_the_tightest_limit_is_the_bottleneck(allowed: Row, interviews: int, binds: str) -> None:
    found = capacity.alone(allowed, [TURNS], FACTS)

    assert (found.interviews_day, found.bottleneck) == (interviews, binds)


def test_requests_and_tokens_a_day_are_what_the_tightest_limit_leaves() -> None:
    found = capacity.alone(row(limits=Limits(requests_day=1009)), [TURNS], FACTS)

    assert (found.requests_day, found.tokens_day) == (1009, 504_500)


def test_without_a_limit_nothing_is_made_up() -> None:
    found = capacity.alone(row(), [TURNS], FACTS)

    assert (found.requests_day, found.interviews_day, found.usd_day) == (None, None, None)
    assert found.bottleneck == "no limit known"


def test_a_models_own_limit_binds_beside_its_accounts() -> None:
    small = Model("small", SMALL, CHEAP, Limits(requests_day=70))
    found = capacity.alone(Row("a", (small,), Limits(requests_day=1000)), [TURNS], FACTS)

    assert (found.interviews_day, found.bottleneck) == (7, "requests a day of small")


def test_parts_share_their_accounts_limit() -> None:
    found = capacity.alone(row(limits=Limits(requests_day=1000)), [TURNS, EVALUATION], FACTS)

    assert found.interviews_day == 66  # 1,000 / 15


def test_a_part_without_a_model_good_enough_is_named() -> None:
    found = capacity.alone(row(limits=Limits(requests_day=1000), quality=SMALL), [TURNS, EVALUATION], FACTS)

    assert (found.lacks, found.interviews_day) == (("evaluation",), 100)


@pytest.mark.parametrize(
    ("caches", "usd"),
    [(False, Decimal("0.018")), (True, Decimal("0.0162"))],  # 10 x (400 x 2 + 100 x 10); 100 of the 400 at 0.2
)
def test_an_interview_costs_its_tokens_and_less_where_prompts_are_cached(caches: bool, usd: Decimal) -> None:
    model = Model("m", STRONG, DEAR, Limits(requests_day=100), caches_prompts=caches)

    found = capacity.alone(Row("a", (model,)), [TURNS], FACTS)

    assert (found.usd_interview, found.usd_day) == (Fraction(usd), Fraction(usd * 10))


def test_the_cheapest_is_used_up_first() -> None:
    rows = [row("dear", price=DEAR), row("cheap", Limits(requests_day=100)), row("free", written_a_second=Fraction(7))]
    rows[2] = replace(rows[2], is_free=True)

    plan = capacity.plan(rows, [TURNS], 1000, FACTS)

    assert [(share.row, share.interviews, share.requests) for share in plan.shares] == [
        ("free", 72, 720),
        ("cheap", 10, 100),
        ("dear", 918, 9180),
    ]
    assert (plan.carried, plan.shortfall) == (1000, 0)
    assert plan.usd_day == 10 * Fraction("0.0009") + 918 * Fraction("0.018")


def test_evaluations_go_to_a_strong_model_and_turns_to_a_small_one() -> None:
    rows = [row("small", quality=SMALL), row("strong", price=DEAR)]

    plan = capacity.plan(rows, [TURNS, EVALUATION], 20, FACTS)

    assert {(share.part, share.row, share.interviews) for share in plan.shares} == {
        ("evaluation", "strong", 20),
        ("turn", "small", 20),
    }


def test_what_is_short_is_carried_as_far_as_whole_interviews_go() -> None:
    one = row(limits=Limits(requests_day=1000))

    plan = capacity.plan([one], [TURNS, EVALUATION], 50_000, FACTS)

    assert (plan.carried, plan.shortfall) == (66, 49_934)
    assert [share.interviews for share in plan.shares] == [66, 66]


def test_two_models_of_an_account_share_its_limit() -> None:
    models = (Model("x", STRONG, CHEAP, Limits(requests_day=600)), Model("y", STRONG, DEAR))

    plan = capacity.plan([Row("a", models, Limits(requests_day=1000))], [TURNS], 500, FACTS)

    assert [(share.model, share.interviews) for share in plan.shares] == [("x", 60), ("y", 40)]


def test_an_unpriced_model_gets_nothing() -> None:
    unpriced = Row("a", (Model("m", STRONG, None),))

    plan = capacity.plan([unpriced], [TURNS], 5, FACTS)

    assert (plan.carried, plan.shares) == (0, ())


def test_without_rows_everything_is_short() -> None:
    plan = capacity.plan([], [TURNS], 5, FACTS)

    assert (plan.carried, plan.shortfall, plan.usd_day) == (0, 5, Fraction(0))


def test_own_servers_need_what_the_peak_writes_and_reads() -> None:
    needed = capacity.written_needed([TURNS], 50_000, FACTS)

    assert needed == 4862  # 50,000 x 10 x (100 + 40) x 6 / 86,400 = 4,861.1


def test_parts_made_one_keep_the_tokens_of_an_interview() -> None:
    whole = capacity.merged([TURNS, part("evaluation", STRONG, calls=5, tokens_in=2500)], "interview", Fraction(26))

    assert whole.calls == 26
    assert whole.calls * whole.tokens_in == 16_500
    assert whole.calls * whole.tokens_out == 1500


def test_rows_are_added_after_rounding_down() -> None:
    found = [capacity.alone(row(limits=Limits(requests_day=19)), [TURNS], FACTS)] * 2

    assert capacity.together(found) == 2
    assert capacity.together([*found, capacity.alone(row(), [TURNS], FACTS)]) is None
