"""The provider that watches its accounts' limits, and the prompt cache that it keeps."""

from __future__ import annotations

import pytest

from tests.load.prices import PromptCache
from tests.load.provider import Account


@pytest.mark.parametrize(
    ("limit", "sizes"),
    [
        ({"requests_minute": 2}, [1, 1]),
        ({"requests_day": 2}, [1, 1]),
        ({"tokens_minute": 100}, [60, 40]),
        ({"tokens_day": 100}, [60, 40]),
    ],
)
def test_what_is_above_a_limit_is_counted_and_refused(limit: dict[str, int], sizes: list[int]) -> None:
    account = Account(**limit)  # type: ignore[arg-type]

    admitted = [account.admit(size) for size in sizes]
    refused = account.admit(1)

    assert (admitted, refused) == ([True, True], False)
    assert account.told()["over"] == dict.fromkeys(limit, 1)
    assert account.told()["requests"] == 2


def test_a_minute_s_requests_are_forgotten_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    account = Account(requests_minute=1)
    assert account.admit(1)

    now += 58.9
    early = account.admit(1)
    now += 0.2
    later = account.admit(1)

    assert (early, later) == (False, True)


def test_too_many_at_once_are_refused() -> None:
    account = Account(in_flight=1)
    account.open = 1

    assert not account.admit(1)
    assert account.told()["over"] == {"in_flight": 1}


def test_a_prompt_cache_keeps_beginnings_from_1024_tokens_on() -> None:
    cache = PromptCache()
    long = [{"role": "system", "content": "one two three " * 400}]

    first, again = cache.look(long), cache.look([*long, {"role": "user", "content": "four"}])
    short = [cache.look([{"role": "system", "content": "a short prompt"}]) for _ in range(2)]

    assert (first, again) == (0, 1152)
    assert short == [0, 0]
