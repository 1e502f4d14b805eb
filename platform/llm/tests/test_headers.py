"""What headers say about limits: numbers, durations and times, each provider in its own words."""

from datetime import UTC, datetime

import pytest

from llm import headers
from llm.headers import NOTHING, Quota, observed

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12.0),
        ("0.25", 0.25),
        ("20ms", 0.02),
        ("6m0s", 360.0),
        ("1h2m3.5s", 3723.5),
        ("2026-11-21T12:00:30Z", 30.0),
        ("2026-11-21T13:00:30+01:00", 30.0),
        ("2026-11-21T11:00:00Z", 0.0),
        ("Sat, 21 Nov 2026 12:01:00 GMT", 60.0),
        ("1795262460", 60.0),
        ("1795262460000", 60.0),
        ("999999999", 86_400.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("6m0x", None),
        ("NaN", None),
        ("1e9", None),
    ],
)
def test_seconds_from_whatever_they_write(text: str, expected: float | None) -> None:
    assert headers.seconds(text, NOW) == expected


def test_openai_writes_durations() -> None:
    said = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-tokens": "6m0s",
    }

    found = observed(said, NOW)

    assert found.requests == Quota(60, 59, 1.0, "")
    assert found.tokens == Quota(150_000, 149_984, 360.0, "")
    assert found.retry_after is None


def test_anthropic_writes_times_and_cerebras_names_the_window() -> None:
    anthropic = {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-21T12:00:45Z",
    }
    cerebras = {"x-ratelimit-remaining-requests-day": "7", "x-ratelimit-limit-tokens-minute": "60000"}

    assert observed(anthropic, NOW).requests == Quota(50, 0, 45.0, "")
    assert observed(cerebras, NOW).requests == Quota(None, 7, None, "day")
    assert observed(cerebras, NOW).tokens == Quota(60_000, None, None, "minute")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:09 GMT"}, 9.0),
        ({"retry-after": "later"}, None),
        ({"retry-after": "9999999"}, 86_400.0),
    ],
)
def test_retry_after(said: dict[str, str], expected: float | None) -> None:
    assert observed(said, NOW).retry_after == expected


@pytest.mark.parametrize(
    "date", ["Mon, 01 Jan 99999999999 00:00:00 +0000", f"Mon, 01 Jan 2030 00:00:00 +{'9' * 20}", "1 Jan 10000 0:0:0"]
)
def test_a_date_that_no_calendar_has_says_nothing(date: str) -> None:
    said = {"retry-after": date, "x-ratelimit-reset-requests": date}

    assert observed(said, NOW).retry_after is None
    assert observed(said, NOW).requests.reset_seconds is None


def test_nonsense_is_as_if_nothing_had_been_said() -> None:
    said = {"x-ratelimit-limit-requests": "-1", "x-ratelimit-remaining-requests": "9" * 40, "retry-after": "\x00"}

    assert observed(said, NOW).requests == Quota()
    assert observed({}, NOW) == NOTHING
