"""Where a call can go: one model at one account, how it wants to be asked, what it allows and costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

OWN_SERVER = "own-server"
SMALL, MEDIUM, STRONG, FRONTIER = 1, 2, 3, 4
# The least quality that a complexity takes.
COMPLEXITIES = {"simple": SMALL, "medium": MEDIUM, "complex": STRONG}


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens; `batch_factor` is what a batch costs of that."""

    fresh: Decimal
    cached: Decimal
    out: Decimal
    batch_factor: Decimal = Decimal(1)

    def cost_usd(self, *, tokens_in: int, tokens_cached: int, tokens_out: int) -> Decimal:
        """What a call of this size costs; `tokens_cached` is a part of `tokens_in`."""
        fresh = tokens_in - tokens_cached
        return (fresh * self.fresh + tokens_cached * self.cached + tokens_out * self.out) / 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed, None = anything. A minute is any 60 s; a day is one of the account's time zone."""

    requests_minute: int | None = None
    requests_day: int | None = None
    tokens_minute: int | None = None
    tokens_day: int | None = None
    in_flight: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Limits and the name under which their use is counted: an account's, or one model's at it."""

    scope: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Target:
    """Where one call goes and how this server wants to be asked. `model` "" = the first one the server offers."""

    account: str
    provider: str
    base_url: str = field(repr=False)  # it may hold a password
    model: str
    quality: int = SMALL
    key_source: str = ""  # llm.credentials; the own server's key is in `api_key` from the start
    api_key: str = field(default="", repr=False)
    own_key_of: str = ""  # the schema of the tenant whose own key it is
    windows: tuple[Window, ...] = ()
    time_zone: str = "UTC"
    counts_max_tokens: bool = False
    context_tokens: int = 128_000
    region: str = ""
    structured: str = "json_schema"  # json_schema | json_object | prompt
    max_tokens_field: str = "max_tokens"
    price: Price | None = None
    price_version: str = ""
    temperature: bool = True
    stream_usage: bool = True  # counts tokens at the end of a stream when asked to
    caches_prompts: bool = False
    has_batch: bool = False
    takes_audio: bool = False
    reasoning_tokens: int = 0  # spent before the answer, within the same maximum
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.account}/{self.model}"

    @property
    def holder(self) -> str:
        """Whose key it is: the account, or a tenant's at its server. Limits and health are counted by it."""
        return f"{self.own_key_of}|{self.account}" if self.own_key_of else self.account

    def with_own_key(self, schema: str, api_key: str) -> "Target":
        """The same server asked with a tenant's own key, whose use is counted apart."""
        windows = tuple(Window(f"{schema}|{window.scope}", window.limits) for window in self.windows)
        return replace(self, own_key_of=schema, api_key=api_key, windows=windows)
