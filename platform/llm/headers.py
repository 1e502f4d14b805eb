"""What a provider's response headers say about its limits: numbers, Go-style durations, times."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s|d)")
UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
LONGEST_WAIT = 86_400.0
MOST = 10**12
FAMILIES = ("x-ratelimit-{part}-{what}", "anthropic-ratelimit-{what}-{part}", "ratelimit-{part}-{what}")
SUFFIXES = {
    "requests": ("requests", "requests-minute", "requests-day"),
    "tokens": ("tokens", "tokens-minute", "tokens-day"),
}


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit as the provider counts it; None = not said. `window` is "minute", "day" or "" where no word says it."""

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None
    window: str = ""

    def of_a_minute(self, minute: int | None, day: int | None) -> int | None:
        """The limit if it is one of a minute: so it says, or that configured number is the nearer one."""
        if self.limit is None or self.window == "day":
            return None
        if not self.window and day is not None and abs(self.limit - day) <= abs(self.limit - (minute or 0)):
            return None
        return self.limit


@dataclass(frozen=True, slots=True)
class Observed:
    """What the headers of one response said."""

    requests: Quota = Quota()
    tokens: Quota = Quota()
    retry_after: float | None = None  # seconds


NOTHING = Observed()


def observed(headers: Mapping[str, str], now: datetime) -> Observed:
    """Read the headers (names in lower case); what can't be understood is as if it had not been said."""
    headers = {name: text for name, text in headers.items() if "ratelimit" in name or name.startswith("retry-after")}
    if not headers:
        return NOTHING
    return Observed(
        requests=_quota(headers, "requests", now),
        tokens=_quota(headers, "tokens", now),
        retry_after=_retry_after(headers, now),
    )


def seconds(text: str, now: datetime) -> float | None:
    """A number of seconds, a Go-style duration ("6m0s", "20ms"), an RFC 3339 or HTTP date, or a Unix time.

    :returns: seconds from now, never negative and at most a day; None where it is none of them.
    """
    text = text.strip()
    found = _number(text)
    if found is None:
        found = _duration(text)
    elif found > 1_000_000_000:  # no wait of 30 years: a moment, in seconds or milliseconds
        found = (found / 1000 if found > 100_000_000_000 else found) - now.timestamp()
    if found is None:
        moment = _moment(text)
        found = (moment - now).total_seconds() if moment else None
    return None if found is None else min(max(found, 0.0), LONGEST_WAIT)


def _quota(headers: Mapping[str, str], what: str, now: datetime) -> Quota:
    for family in FAMILIES:
        for name in SUFFIXES[what]:
            said = {
                part: headers.get(family.format(part=part, what=name), "") for part in ("limit", "remaining", "reset")
            }
            if any(said.values()):
                window = name.partition("-")[2]
                return Quota(_count(said["limit"]), _count(said["remaining"]), seconds(said["reset"], now), window)
    return Quota()


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return min(max(milliseconds / 1000, 0.0), LONGEST_WAIT)
    return seconds(headers.get("retry-after", ""), now)


def _count(text: str) -> int | None:
    found = _number(text)
    return int(found) if found is not None and 0 <= found <= MOST else None


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text.strip()) else None


def _duration(text: str) -> float | None:
    parts = DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * UNITS[unit] for number, unit in parts)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
