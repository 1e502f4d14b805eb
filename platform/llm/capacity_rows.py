"""What capacity is computed from: the calls of an interview, and the accounts that may carry them."""

from dataclasses import dataclass
from fractions import Fraction

from llm.targets import FRONTIER, Limits, Price

NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of call: how many of one interview reach a provider on average, and the mean tokens of each.

    `quality` is the least that it takes, `tokens_cached` a part of `tokens_in`, `most_out` what a call may ask for.
    """

    name: str
    quality: int
    calls: Fraction
    tokens_in: Fraction
    tokens_cached: Fraction
    tokens_out: Fraction
    most_out: Fraction


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds for all accounts: the busiest minute against the mean one, a call's mean seconds, and for own servers
    how many tokens of a prompt are read in the time that one is written."""

    peak_factor: Fraction
    days_a_month: int
    latency_seconds: Fraction
    read_a_written: Fraction


@dataclass(frozen=True, slots=True)
class Flag:
    """Something to know about a row; `stops` = it carries nothing for it."""

    kind: str
    why: str
    stops: bool = True


@dataclass(frozen=True, slots=True)
class Model:
    """A model of an account; price None = unknown, and then it is not counted."""

    name: str = ""
    quality: int = FRONTIER
    price: Price | None = None
    limits: Limits = NO_LIMITS
    caches_prompts: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """An account with what it allows. `hours_counted` None = all 24 hours of a day, spread as the calls are."""

    name: str
    models: tuple[Model, ...]
    limits: Limits = NO_LIMITS
    flags: tuple[Flag, ...] = ()
    is_free: bool = False
    counts_max_tokens: bool = False
    requests_hour: int | None = None
    hours_counted: int | None = None
    interviews_day: int | None = None
    written_a_second: Fraction | None = None  # tokens, over all requests together: an own server's throughput
    usd_interview: Fraction | None = None  # wins over the models' prices

    @property
    def counts(self) -> bool:
        return not any(flag.stops for flag in self.flags)
