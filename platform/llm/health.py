"""How the model layer is: FULL, DEGRADED or OFF, derived from what is configured and from the breakers."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from redis import RedisError

from core import clock
from core.redis import client
from llm import admission, own_keys, registry, window_use
from llm.policy import TenantPolicy
from llm.router import CLOSED, HALF_OPEN, OPEN
from llm.targets import COMPLEXITIES, Target

FULL, DEGRADED, OFF = "full", "degraded", "off"
KEPT_SECONDS = 1.0
STATES = {CLOSED: "closed", HALF_OPEN: "half-open", OPEN: "open"}


@dataclass(slots=True)
class _Look:
    """What was seen last; threads of a process share it."""

    at: float = 0.0
    states: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_look = _Look()


def states() -> Mapping[str, int]:
    """Holder of a target -> state of its breaker, for those that are not closed; at most a second old."""
    if time.monotonic() - _look.at > KEPT_SECONDS and _look.lock.acquire(blocking=False):
        try:
            _look.states = _read({target.holder for target in registry.targets()})
            _look.at = time.monotonic()
        finally:
            _look.lock.release()
    return _look.states


def forget() -> None:
    """Look anew the next time."""
    _look.at = 0.0


def mode(policy: TenantPolicy | None = None) -> str:
    """FULL: every complexity has a healthy target of its quality. OFF: nobody can be asked. Else DEGRADED.

    With a policy, the targets count that this tenant allows, with its own keys in the place of the platform's.
    """
    if policy is None:
        return _mode(registry.targets(), states())
    targets = tuple(target for target in own_keys.over(registry.targets(), policy) if policy.allows(target))
    own = {target.holder for target in targets if target.own_key_of}
    return _mode(targets, {**states(), **_read(own)} if own else states())


def _mode(targets: tuple[Target, ...], found: Mapping[str, int]) -> str:
    healthy = [target for target in targets if found.get(target.holder, CLOSED) != OPEN and not target.takes_audio]
    if not healthy:
        return OFF
    if any(found.get(target.holder, CLOSED) != CLOSED for target in targets):
        return DEGRADED
    best = max(target.quality for target in healthy)
    return FULL if best >= max(COMPLEXITIES.values()) else DEGRADED


def _read(holders: set[str]) -> dict[str, int]:
    names = sorted(holders)
    try:
        with client().pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hget(admission.breaker_key(name), "until")
            said = pipe.execute()
    except RedisError:
        return dict(_look.states)
    now = clock.now().timestamp() * 1000
    return {name: OPEN if float(until) > now else HALF_OPEN for name, until in zip(names, said, strict=True) if until}


def overview() -> list[dict[str, Any]]:
    """Each target's state and what is used of its limits now, for people; `used` None = Redis does not say."""
    found = states()
    return [
        {
            "account": target.account,
            "model": target.model,
            "quality": target.quality,
            "state": STATES[found.get(target.holder, CLOSED)],
            "used": _used(target),
        }
        for target in registry.targets()
    ]


def trouble() -> list[str]:
    """The accounts whose breaker is not closed, each with its state."""
    return [f"{holder} {STATES[state]}" for holder, state in sorted(states().items()) if state != CLOSED]


def _used(target: Target) -> list[dict[str, Any]] | None:
    """What is used of each limit: {name, scope, used, limit}."""
    rows = []
    try:
        for window in target.windows:
            for name, used, limit in window_use.use(window, target.time_zone):
                if limit is not None:
                    rows.append({"name": name, "scope": window.scope, "used": used, "limit": limit})
    except admission.NoCount:
        return None
    return rows
