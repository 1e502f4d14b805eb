"""The command reads the registry and the ledger, says what is measured and what assumed, and refuses nonsense."""

import json
import uuid
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError

from core import clock
from llm import capacity_sources, features
from llm.models import Account, LlmCall, Offer, Price
from llm.tests.test_capacity_table import FREE_TIERS

pytestmark = pytest.mark.django_db

CHEAP = {"usd_in": Decimal(1), "usd_cached": Decimal("0.5"), "usd_out": Decimal(5)}
FREE = dict.fromkeys(CHEAP, Decimal(0))


@pytest.fixture(autouse=True)
def empty_registry() -> None:
    Account.objects.all().delete()


def account(label: str, usd: dict[str, Decimal] | None = None, *, quality: int = 3, **fields: Any) -> Account:
    known: dict[str, Any] = {"provider": "p", "base_url": "https://p.example/v1", "key_source": "env:P"}
    made = Account.objects.create(label=label, **known | {"verified_at": date(2026, 11, 21)} | fields)
    offer = Offer.objects.create(account=made, model="m", quality=quality)
    Price.objects.create(offer=offer, version="2026-11-21", **(CHEAP if usd is None else usd))
    return made


def call(feature: str = "interview_turn", *, interview: uuid.UUID | None = None, days: int = 1, **fields: Any) -> None:
    listed = features.listed()[feature]
    told = {"tokens_in": 400, "tokens_cached": 100, "tokens_out": 50, "latency_ms": 1500, "finish_reason": "stop"}
    LlmCall.objects.create(
        created_at=clock.now() - timedelta(days=days), settled_at=clock.now(), tenant="alpha", feature=feature,
        interview_id=interview, provider="p", account="a", model="m", complexity=listed.complexity, **told | fields,
    )  # fmt: skip


def told(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("capacity", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("capacity", *arguments, stdout=out)
    return out.getvalue()


def plans(found: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Carried and short by the plan's name."""
    return {plan["plan"]: (plan["carried_day"], plan["shortfall_day"]) for plan in found["plans"]}


def measure(interviews: int) -> None:
    """Each interview: two turns of a provider, one by a template, one failed attempt; one drafting call in all."""
    for _ in range(interviews):
        interview = uuid.uuid4()
        call(interview=interview)
        call(interview=interview, tokens_in=600)
        call(interview=interview, tokens_in=200, error_kind="server", latency_ms=9000)
        call(interview=interview, source="template", tokens_in=0, tokens_cached=0, tokens_out=0, latency_ms=0)
    call("question_drafts", tokens_in=1000, latency_ms=1500)


def test_twenty_interviews_are_measured() -> None:
    measure(20)

    found = told()

    turns, drafts = sorted(found["calls"], key=lambda part: -part["calls"])
    assert (found["measured"], found["measured_interviews"]) == (True, 20)
    assert turns == {"name": "interview_turn", "calls": 3, "tokens_in": 400, "tokens_cached": 100, "tokens_out": 50}
    assert (drafts["name"], drafts["calls"]) == ("question_drafts", 0.05)
    assert found["latency_seconds"] == 1.5
    assert found["hit_rates"] == {"template": pytest.approx(20 / 61), "cache": 0, "shared": 0}


def test_nineteen_interviews_or_older_ones_are_not_and_the_output_says_assumed() -> None:
    measure(19)
    call(interview=uuid.uuid4(), days=31)

    found, text = told(), printed()

    assert (found["measured"], found["measured_interviews"]) == (False, 19)
    assert found["calls"][0]["calls"] == 10.5  # ten turns and a twentieth more
    assert "An interview's calls (assumed; 19 interviews in the ledger's last 30 days)" in text
    assert "Every twentieth call is a second attempt." in text


def test_calls_that_were_only_answered_without_a_provider_measure_nothing() -> None:
    for _ in range(20):
        call(interview=uuid.uuid4(), source="cache")

    assert told()["measured"] is False


def test_an_account_of_the_registry_carries_its_tightest_limit_at_its_price() -> None:
    measure(20)
    account("paid", requests_per_day=305)

    (found,) = told("--interviews-per-day", "1000")["accounts"]

    assert (found["interviews_day"], found["bottleneck"], found["requests_day"]) == (100, "requests a day", 305)
    # 3 x (400 x 1 + 50 x 5) + 0.05 x (1,000 x 1 + 50 x 5) a million
    assert (found["usd_interview"], found["usd_day"]) == (0.0020125, 0.2)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"retires_at": date(2026, 7, 30)}, "retired"),
        ({"verified_at": None}, "unverified"),
        ({"trains_on_data": True}, "forbidden"),
        ({"is_enabled": False}, "disabled"),
    ],
)
def test_a_flagged_account_is_shown_and_carries_nothing(fields: dict[str, Any], kind: str) -> None:
    account("flagged", requests_per_day=100_000, **fields)

    found, text = told("--interviews-per-day", "10"), printed("--interviews-per-day", "10")

    assert ([flag["kind"] for flag in found["accounts"][0]["flags"]], found["accounts"][0]["counts"]) == ([kind], False)
    assert set(plans(found).values()) == {(0, 10)}
    assert f"flagged: {kind}: " in text


def test_an_account_without_a_model_or_price_carries_nothing() -> None:
    account("none", in_flight=5).offers.update(is_enabled=False)
    Price.objects.filter(offer__account=account("unpriced", in_flight=5)).delete()

    found = told("--interviews-per-day", "10")

    assert [one["flags"][0]["kind"] for one in found["accounts"]] == ["no model", "no price"]
    assert plans(found) == {"free accounts": (0, 10)}


def test_the_latest_price_counts() -> None:
    measure(20)
    offer = account("paid", requests_per_day=305).offers.get()
    Price.objects.create(offer=offer, version="2026-12-01", **{name: usd * 2 for name, usd in CHEAP.items()})

    assert told()["accounts"][0]["usd_interview"] == 0.004025


def test_a_paid_account_without_a_limit_carries_all_and_is_flagged() -> None:
    measure(20)
    account("open")

    found = told("--interviews-per-day", "50000")

    assert found["accounts"][0]["interviews_day"] is None
    assert found["accounts"][0]["flags"][0]["kind"] == "no limit"
    assert plans(found) == {"free accounts": (0, 50_000), "hybrid of free, own servers and paid": (50_000, 0)}
    assert found["plans"][1]["usd_day"] == 100.62  # 50,000 x 0.0020125 = 100.625


def test_free_only_leaves_paid_accounts_out() -> None:
    measure(20)
    account("paid")
    account("groq-free", requests_per_day=305)
    account("gratis", FREE, requests_per_day=305)

    found = told("--interviews-per-day", "50000", "--free-only")

    assert [one["name"] for one in found["accounts"]] == ["gratis", "groq-free"]
    assert plans(found) == {"free accounts": (199, 49_801)}  # all drafts and 98 with one, 101 with the other
    assert found["plans"][0]["usd_day"] == 0


def test_a_free_server_without_a_limit_counts_by_the_throughput_it_is_given() -> None:
    measure(20)
    account("ollama", FREE, key_source="none:", quality=1)
    account("strong", requests_per_day=100_000)

    without = told("--interviews-per-day", "100")
    given = told("--interviews-per-day", "100", "--self-hosted", "ollama=1")

    assert without["accounts"][0]["flags"][0]["kind"] == "no throughput"
    assert plans(without)["free accounts"] == (0, 100)
    ollama = next(one for one in given["accounts"] if one["name"] == "ollama")
    assert (ollama["interviews_day"], ollama["lacks"]) == (53, ["question_drafts"])  # 14,400 / (3 x (50 + 40)) = 53.3
    assert plans(given)["own servers alone"] == (0, 100)  # it has no model for the drafts
    assert plans(given)["hybrid of free, own servers and paid"] == (100, 0)


def test_both_rates_are_planned_for_and_a_month_is_thirty_days() -> None:
    found = told()

    assert [(plan["interviews"], plan["period"], plan["wanted_day"]) for plan in found["plans"]] == [
        (50_000, "month", 1667),
        (50_000, "day", 50_000),
    ]
    assert [plan["wanted_day"] for plan in told("--interviews-per-month", "31")["plans"]] == [2]
    assert "none: load the registry, or name a table with --plan" in printed()


def test_the_table_of_free_tiers_is_printed_with_its_sum_and_its_flags() -> None:
    text = printed("--plan", str(FREE_TIERS), "--interviews-per-day", "50000")

    assert "The table as written: 1,090 interviews a day\n" in text
    assert "github-models: retired: it ended on 2026-07-30\n" in text
    assert "together: doubtful: 3,600 requests an hour are counted for 1 hour of the day" in text
    assert "mistral: forbidden: its terms let it train on what is sent" in text
    assert "  837 without rows whose terms forbid candidates' data (gemini, mistral)\n" in text
    assert "the table as written: carried 1,090, shortfall 48,910" in text
    assert "free accounts: carried 837, shortfall 49,163" in text


def test_without_our_tables_in_the_database_only_a_table_of_providers_can_be_reckoned_with() -> None:
    with mock.patch.object(capacity_sources, "workload", side_effect=ProgrammingError):
        assert told("--plan", str(FREE_TIERS))["as_written"] == 1090
        with pytest.raises(CommandError, match="make run"):
            told()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--interviews-per-day", "-5"], "'-5' is no number of interviews: write a whole number of 1 or more"),
        (["--interviews-per-day", "0"], "'0' is no number of interviews"),
        (["--interviews-per-month", "many"], "'many' is no number of interviews"),
        (["--interviews-per-month", "1.5"], "'1.5' is no number of interviews"),
        (["--self-hosted", "vllm"], "'vllm' is no server: write NAME=TOKENS_PER_SECOND"),
        (["--self-hosted", "vllm=0"], "'vllm=0' is no server"),
        (["--self-hosted", "vllm=1e999999999"], "'vllm=1e999999999' is no server"),
        (["--self-hosted", "vllm=-3"], "'vllm=-3' is no server"),
        (["--self-hosted", "vllm=1/0"], "is no server"),
        (["--self-hosted", "vllm=nan"], "is no server"),
        (["--self-hosted", "=3"], "'=3' is no server"),
        (["--self-hosted", "a=1", "--self-hosted", "a=2"], "names a server twice"),
        (["--plan", "/nowhere/plan.json"], "/nowhere/plan.json cannot be read"),
        (["--plan", str(FREE_TIERS), "--self-hosted", "groq=5"], "groq is in the table and in --self-hosted"),
        (["--plan", str(Path(__file__))], "is not JSON"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError) as refused:
        printed(*arguments)

    assert says in str(refused.value)
