"""What a provider counts is believed where it can be; who is asked where some have no room."""

import threading
from ipaddress import ip_address
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.test import override_settings

from core.ids import uuid7
from llm import admission, budgets, offering, reaching, registry
from llm.admission import Candidate, Outcome
from llm.failures import BadOutput, Unavailable
from llm.models import Budget, LlmCall
from llm.tests.accounts import account
from llm.tests.asking import ask, forget
from tests import mock_model
from tests.mock_answers import completion
from tests.mock_model import MockModel

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 100_000_000, "completion_tokens": 100_000_000},
        {"prompt_tokens": 20, "completion_tokens": 5_000_000},
        {"prompt_tokens": 10**30, "completion_tokens": 3},
        {"prompt_tokens": 20, "completion_tokens": -7},
        {"prompt_tokens": 1e308, "completion_tokens": "9"},
    ],
)
def test_a_count_that_can_not_be_is_estimated_and_closes_nobodys_budget(
    usage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mock_model, "completion", lambda *told: completion(*told) | {"usage": usage})
    Budget.objects.create(limit_usd=10, is_hard=True, period="day")

    with MockModel() as mock, override_settings(LLM_ENV={}):
        account("one", mock.url, "none:", model="mock", usd="10")
        forget()
        budgets.forget()
        answers = [ask(), ask()]

    for row in LlmCall.objects.all():
        assert (row.tokens_in, row.tokens_out, row.tokens_estimated) == (28, 19, True)
    assert [answer.usage.tokens_in for answer in answers] == [28, 28]


def test_where_the_one_that_is_to_repair_its_answer_has_no_room_the_next_one_is_asked() -> None:
    with MockModel() as first, MockModel() as second, override_settings(LLM_ENV={}):
        row = account("first", first.url, "none:", model="mock!not_json", usd="1")
        row.requests_per_minute = 1
        row.save()
        account("second", second.url, "none:", model="mock", usd="2")
        forget()
        answer = ask()

    assert answer.parsed is not None
    calls = LlmCall.objects.order_by("attempt").values_list("account", "error_kind")
    assert list(calls) == [("first", "schema"), ("second", "")]


def test_alone_it_repairs_its_answer_or_says_what_was_wrong() -> None:
    with MockModel() as only, override_settings(LLM_ENV={}):
        row = account("only", only.url, "none:", model="mock!not_json", usd="1")
        row.requests_per_minute = 1
        row.save()
        forget()
        with pytest.raises(BadOutput) as error:
            ask()

    assert error.value.kind == "schema"


def test_a_place_that_is_free_soon_is_waited_for_also_where_who_is_offered_last_has_none_today() -> None:
    with MockModel() as mock, override_settings(LLM_ENV={}):
        busy = account("busy", mock.url, "none:", usd="1")
        busy.in_flight = 1
        busy.save()
        spent = account("spent", mock.url, "none:", usd="2")
        spent.requests_per_day = 1
        spent.save()
        forget()
        calls = [reserved("busy"), reserved("spent")]
        leaving = threading.Timer(0.2, admission.settle, (calls[0], Outcome("ok")))
        leaving.start()
        with patch.object(offering, "FIRST_OFFERED", 1), patch.object(offering, "MOST_OFFERED", 1):
            answer = ask()
        leaving.join()

    assert answer.parsed is not None
    assert LlmCall.objects.get().account == "busy"


def test_nothing_is_sent_to_the_address_where_a_cloud_keeps_its_machines_credentials() -> None:
    with MockModel() as mock, override_settings(LLM_ENV={}):
        account("moved", mock.url, "none:")
        forget()
        with patch.object(reaching, "METADATA", {ip_address("127.0.0.1")}), pytest.raises(Unavailable) as error:
            ask()

    assert (error.value.kind, mock.chats) == ("unusable", 0)


def reserved(label: str) -> UUID:
    """A call that is under way there."""
    target = next(target for target in registry.targets() if target.account == label)
    call_id = uuid7()
    admission.admit([Candidate(target, 10, 0)], call_id=call_id, seconds=5.0)
    return call_id
