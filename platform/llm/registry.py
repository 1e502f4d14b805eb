"""Where calls can go now: the rows of the registry that may be used, and why the others may not.

A server of one's own (OPENAI_BASE_URL: Ollama, vLLM, llama.cpp, a proxy) is the only target while it is set.
"""

import threading
import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from core import clock, tenancy
from llm import credentials, environment, own_server, plausible
from llm.models import Account, Offer
from llm.models import Price as PriceRow
from llm.targets import FRONTIER, OWN_SERVER, Limits, Price, Target, Window

REMEMBER_SECONDS = 5.0
VERIFIED_FOR = timedelta(days=400)
NO_KEY = "none"  # the SDK wants some key where a local server wants none


class Flag(NamedTuple):
    """A row that is not used, and why; `model` "" = the whole account."""

    account: str
    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The rows as they were, and what came of them under these settings on this day."""

    offers: tuple[Offer, ...]
    env: Any
    today: date
    targets: tuple[Target, ...]
    keyless: tuple[Target, ...]
    until: float


_snapshot: _Snapshot | None = None
_refreshing = threading.Lock()


def targets() -> tuple[Target, ...]:
    """The targets that may be asked, in the order of their labels; the tables are read at most every 5 s.

    Takes a connection only to read, inside whatever the caller has open, so it never waits for itself.
    """
    return _current().targets


def keyless() -> tuple[Target, ...]:
    """What lacks nothing but a key of the platform's, as fresh as `targets`: for a tenant's own key alone."""
    return _current().keyless


def forget() -> None:
    """Drop what is remembered: a row changed."""
    global _snapshot
    _snapshot = None


def flagged() -> list[Flag]:
    """Every row that is not used, read now, with its reason."""
    with tenancy.enter_platform():
        accounts = list(Account.objects.prefetch_related("offers__prices"))
    flags = []
    for account in accounts:
        reason = why_not(account)
        if reason:
            flags.append(Flag(account.label, "", reason))
            continue
        models = [(offer.model, why_not_offer(offer)) for offer in account.offers.all()]
        flags += [Flag(account.label, model, reason) for model, reason in models if reason]
    return flags


def why_not(account: Account) -> str:
    """Why nothing goes to this account by the platform's key; "" where it is used."""
    return why_unfit(account) or credentials.why_missing(account.key_source)


def why_unfit(account: Account) -> str:
    """Why nothing goes to this account, whoever's key it is; "" where something may."""
    if not account.is_enabled:
        return _("It is disabled.")
    if account.trains_on_data:
        return _("It trains on what it is sent.")
    unset = environment.missing(account.base_url)
    if unset:
        return _("%s is not set.") % unset[0]
    return _dated(account)


def why_not_offer(offer: Offer) -> str:
    """Why this model of a usable account is not used; "" where it is."""
    if not offer.is_enabled:
        return _("It is disabled.")
    unset = environment.missing(offer.model)
    if unset:
        return _("%s is not set.") % unset[0]
    if offer.model != (named := environment.fill(offer.model)) and plausible.looks_like_a_key(named):
        return _("%s looks like a key.") % environment.PLACE.findall(offer.model)[0]
    return _dated(offer) or ("" if latest_price(offer) else _("It has no price."))


def misplaced() -> bool:
    """Whether LLM_MODEL holds what looks like a key. A model's name stands in logs and rows, so nothing is asked."""
    return plausible.looks_like_a_key(environment.values().get("LLM_MODEL", ""))


def latest_price(offer: Offer) -> PriceRow | None:
    """The newest version, from what was prefetched."""
    return max(offer.prices.all(), key=lambda price: price.version, default=None)


def _dated(row: Account | Offer) -> str:
    today = clock.now().date()
    if row.retires_at is not None and row.retires_at <= today:
        return _("It was retired on %s.") % row.retires_at
    if row.verified_at is None:
        return _("Nobody verified it.")
    if row.verified_at < today - VERIFIED_FOR:
        return _("It was last verified on %s.") % row.verified_at
    return ""


def _current() -> _Snapshot:
    known = _snapshot
    if known is None:
        return _look()  # outside the lock: it may wait for a connection
    if time.monotonic() < known.until:
        return known if _holds(known) else _look(known.offers, known.until)
    if not _refreshing.acquire(blocking=False):
        return known  # another thread is reading
    try:
        return _look()
    finally:
        _refreshing.release()


def _holds(known: _Snapshot) -> bool:
    return known.env is environment.values() and known.today == clock.now().date()


def _look(offers: tuple[Offer, ...] | None = None, until: float = 0.0) -> _Snapshot:
    """Remember what the rows come to; they are read unless given."""
    global _snapshot
    if offers is None:
        until = time.monotonic() + REMEMBER_SECONDS
        # Not tenancy.enter_platform: public is on every tenant's search path, and this is a turn's time.
        rows = Offer.objects.select_related("account").prefetch_related("prices")
        offers = tuple(rows.order_by("account__label", "quality", "model"))
    made = _Snapshot(offers, environment.values(), clock.now().date(), *_targets(offers), until)
    _snapshot = made
    return made


def _targets(offers: tuple[Offer, ...]) -> tuple[tuple[Target, ...], tuple[Target, ...]]:
    """The platform's targets, and those that lack only a key. What is not in the first is no capacity of anybody's."""
    if misplaced():
        return (), ()
    if environment.values().get("OPENAI_BASE_URL"):
        return _own_server(offers), ()
    accounts = {offer.account.label: offer.account for offer in offers}
    fit = {label: account for label, account in accounts.items() if not why_unfit(account)}
    keyed = {label for label, account in fit.items() if not credentials.why_missing(account.key_source)}
    usable = [offer for offer in offers if offer.account.label in fit and not why_not_offer(offer)]
    ours = _narrowed([offer for offer in usable if offer.account.label in keyed])
    return ours, _named([_target(offer) for offer in usable if offer.account.label not in keyed])


def _narrowed(offers: list[Offer]) -> tuple[Target, ...]:
    """All of them, or where LLM_MODEL names one that alone: for every complexity, since a person chose it.

    A name that no account offers goes to each of them, at a price that nobody knows.
    """
    wanted = environment.values().get("LLM_MODEL")
    found = [_target(offer) for offer in offers]
    if not wanted:
        return tuple(found)
    strongest = {target.account: target for target in sorted(found, key=lambda target: target.quality)}
    return _named(found) or tuple(_unknown(target, wanted) for target in strongest.values())


def _named(found: list[Target]) -> tuple[Target, ...]:
    """Those of the model in LLM_MODEL, taken for every complexity; all where none is named."""
    wanted = environment.values().get("LLM_MODEL")
    if not wanted:
        return tuple(found)
    return tuple(replace(target, quality=FRONTIER) for target in found if target.model == wanted)


def _unknown(target: Target, model: str) -> Target:
    return replace(target, model=model, quality=FRONTIER, price=None, price_version="", windows=target.windows[:1])


def _own_server(offers: tuple[Offer, ...]) -> tuple[Target, ...]:
    """OPENAI_BASE_URL; when it is the address of an account, its models, prices and manners apply."""
    env = environment.values()
    address, key = env["OPENAI_BASE_URL"], env.get("OPENAI_API_KEY") or NO_KEY
    chats = [offer for offer in offers if offer.is_enabled and not offer.takes_audio]
    there = [offer for offer in chats if offer.account.base_url.rstrip("/") == address.rstrip("/")]
    same = [offer for offer in there if not why_not_offer(offer)]
    first = [offer for offer in same if offer.account.label == same[0].account.label]
    if first:
        return tuple(replace(target, api_key=key, key_source="") for target in _narrowed(first))
    manners = own_server.manners()
    return (
        Target(
            account=OWN_SERVER,
            provider=OWN_SERVER,
            base_url=address,
            model=env.get("LLM_MODEL", ""),
            quality=FRONTIER,
            api_key=key,
            windows=(Window(OWN_SERVER, Limits()),),
            structured=manners["structured"],
            max_tokens_field=manners["max_tokens_field"],
        ),
    )


def _target(offer: Offer) -> Target:
    account, price, model = offer.account, latest_price(offer), environment.fill(offer.model)
    return Target(
        account=account.label,
        provider=account.provider,
        base_url=environment.fill(account.base_url),
        model=model,
        quality=offer.quality,
        key_source=account.key_source,
        windows=_windows(offer, model),
        time_zone=account.time_zone,
        counts_max_tokens=account.counts_max_tokens,
        context_tokens=offer.context_tokens,
        region=account.region,
        structured=account.structured,
        max_tokens_field=account.max_tokens_field,
        price=Price(price.usd_in, price.usd_cached, price.usd_out, price.batch_factor) if price else None,
        price_version=price.version if price else "",
        temperature=offer.takes_temperature,
        stream_usage=account.streams_usage,
        caches_prompts=offer.caches_prompts,
        has_batch=account.has_batch,
        takes_audio=offer.takes_audio,
        reasoning_tokens=offer.reasoning_tokens,
        parameters=offer.parameters,
    )


def _windows(offer: Offer, model: str) -> tuple[Window, ...]:
    """The account's, and the model's own where it has any."""
    account = offer.account
    whole = Window(account.label, replace(_limits(account), in_flight=account.in_flight))
    own = _limits(offer)
    return (whole, Window(f"{account.label}/{model}", own)) if own != Limits() else (whole,)


def _limits(row: Account | Offer) -> Limits:
    return Limits(row.requests_per_minute, row.requests_per_day, row.tokens_per_minute, row.tokens_per_day)
