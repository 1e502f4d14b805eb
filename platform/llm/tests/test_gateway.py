"""A call that goes well: what is sent, what comes back, what is recorded."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import override_settings

from core import tenancy
from core.pool import HeldDuringCall
from llm import canary, gateway
from llm.models import Account, LlmCall
from llm.policy import TenantPolicy
from llm.tests.asking import INTERVIEW, ask, using
from tests.mock_model import MockModel

pytestmark = pytest.mark.django_db


@pytest.fixture
def mock() -> Iterator[MockModel]:
    with MockModel() as running:
        yield running


def test_an_answer_comes_back_parsed_with_its_model_and_tokens(mock: MockModel) -> None:
    with using(mock):
        said = ask()

    assert said.parsed == {"text": "Thank you, that is noted. The next question follows.", "probe": None}
    assert json.loads(said.text) == said.parsed
    assert said.model == "mock"
    assert (said.usage.tokens_in, said.usage.cached, said.usage.tokens_out) == (
        sum(len(message["content"]) for message in mock.requests[0]["messages"]) // 4,
        0,
        len(said.text) // 4 + 1,
    )
    assert 0 <= said.model_ms < 2000


def test_one_call_is_one_request_and_one_settled_row(mock: MockModel) -> None:
    with using(mock):
        said = ask()

    row = LlmCall.objects.get()
    assert mock.chats == 1
    assert (row.id, row.tenant, row.feature, row.interview_id) == (said.call_id, "alpha", "interview_turn", INTERVIEW)
    assert (row.provider, row.account, row.model, row.complexity) == ("own-server", "own-server", "mock", "simple")
    assert (row.prompt_version, row.finish_reason, row.error_kind) == ("turn.v1", "stop", "")
    assert (row.tokens_in, row.tokens_out, row.tokens_estimated) == (said.usage.tokens_in, said.usage.tokens_out, False)
    assert row.latency_ms == said.model_ms
    assert row.settled_at is not None
    assert row.cost_usd is None  # nobody knows what an own server costs


def test_a_call_without_an_answer_is_recorded_with_an_estimate(mock: MockModel) -> None:
    with using(mock, "mock!hang"), pytest.raises(gateway.Unavailable) as stopped:
        ask(seconds=1)

    assert stopped.value.kind == "timeout"
    row = LlmCall.objects.get()
    assert (row.error_kind, row.tokens_estimated) == ("timeout", True)
    assert row.tokens_in == sum(len(m["content"]) for m in mock.requests[0]["messages"]) // 4


def test_names_and_addresses_never_leave_and_come_back_in_the_answer(mock: MockModel) -> None:
    with using(mock):
        ask()

    sent = json.dumps(mock.requests)
    assert "[NAME_1], [EMAIL_1]" in sent
    for secret in ("Anna", "Vries", "anna@mail.example"):
        assert secret not in sent


def test_placeholders_in_an_answer_become_the_originals_again(mock: MockModel) -> None:
    with using(mock, "mock!echo"):
        said = ask(schema=None)

    assert "Anna" not in json.dumps(mock.requests)
    assert said.text == "SECRET-PROMPT by Anna de Vries, anna@mail.example"


def test_the_key_travels_in_the_header_alone(mock: MockModel) -> None:
    with using(mock):
        ask()

    assert mock.headers[0]["authorization"] == "Bearer sk-SECRET-KEY"
    assert "sk-SECRET-KEY" not in json.dumps(mock.requests)


def test_a_server_that_knows_schemas_is_given_a_strict_one_without_lengths(mock: MockModel) -> None:
    with using(mock):
        ask()

    asked = mock.requests[0]["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["strict"] is True
    assert asked["json_schema"]["schema"]["properties"]["text"] == {"type": "string"}
    assert mock.requests[0]["max_tokens"] == 200
    assert mock.requests[0]["temperature"] == 0.0


def test_the_canary_ends_the_system_message(mock: MockModel) -> None:
    with using(mock):
        ask()

    system = mock.requests[0]["messages"][0]["content"]
    assert system.startswith("You are the interviewer.\n")
    assert system.endswith(canary.WORD)


def test_without_a_model_name_the_first_chat_model_of_the_server_is_asked_once() -> None:
    with MockModel(models=("nomic-embed-text", "llama", "other")) as mock, using(mock, ""):
        first, second = ask(), ask()

        assert (first.model, second.model) == ("llama", "llama")
        assert mock.server.counts()["models"] == 1
        assert mock.chats == 2


def test_a_server_without_any_chat_model_is_unavailable_and_nothing_is_recorded() -> None:
    with MockModel(models=("nomic-embed-text",)) as mock, using(mock, ""), pytest.raises(gateway.Unavailable) as none:
        ask()

    assert none.value.kind == "not_found"
    assert LlmCall.objects.count() == 0


def test_without_any_provider_there_is_no_call_and_the_mode_is_basic() -> None:
    with override_settings(LLM_ENV={}), pytest.raises(gateway.Unavailable) as none:
        ask()

    with override_settings(LLM_ENV={}):
        assert gateway.mode() == "basic"
    assert none.value.kind == "not_configured"
    assert LlmCall.objects.count() == 0


def test_basic_only_keeps_a_configured_model_out(mock: MockModel) -> None:
    with using(mock):
        assert gateway.mode() == "model"
        with gateway.basic_only():
            assert gateway.mode() == "basic"
            with pytest.raises(gateway.Unavailable):
                ask()
        assert gateway.mode() == "model"

    assert mock.chats == 0


def test_a_policy_that_names_another_provider_or_region_is_obeyed(mock: MockModel) -> None:
    with using(mock):
        for policy in (TenantPolicy("alpha", providers=frozenset({"openai"})), TenantPolicy("alpha", region="eu")):
            with pytest.raises(gateway.Unavailable) as none:
                ask(policy=policy)
            assert none.value.kind == "not_configured"

    assert mock.chats == 0


def test_a_deadline_that_has_passed_costs_no_call(mock: MockModel) -> None:
    with using(mock), pytest.raises(gateway.Unavailable) as late:
        ask(seconds=-1)

    assert late.value.kind == "timeout"
    assert mock.chats == 0
    assert LlmCall.objects.count() == 0


def test_a_call_inside_a_transaction_is_refused_before_anything_is_sent(mock: MockModel) -> None:
    with using(mock), pytest.raises(HeldDuringCall), transaction.atomic():
        ask()

    assert mock.chats == 0
    assert LlmCall.objects.count() == 0


def test_a_known_price_gives_an_exact_cost(mock: MockModel) -> None:
    with tenancy.enter_platform():
        Account.objects.filter(label="openai").update(base_url=mock.url)
    with using(mock, "gpt-6-sol"):
        said = ask()

    row = LlmCall.objects.get()
    assert (row.account, row.model, row.price_version) == ("openai", "gpt-6-sol", "2026-11-21")
    assert row.cost_usd == Decimal(said.usage.tokens_in * 2 + said.usage.tokens_out * 10) / 1_000_000
    assert mock.requests[0]["max_completion_tokens"] == 200 + 2000
    assert "temperature" not in mock.requests[0]
