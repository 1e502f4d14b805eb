"""The router: which targets a call may go to, in the order in which they are tried. A pure function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from llm.admission import NANO, Candidate
from llm.policy import TenantPolicy
from llm.targets import COMPLEXITIES, Target

CLOSED, HALF_OPEN, OPEN = 0, 1, 2  # states of a breaker
FREE = Decimal(0)


class UnknownComplexity(ValueError):
    """A call is simple, medium or complex."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a call asks for. Tokens: in the messages, and the most that the answer may have.

    :param quality: at least this one, above what the complexity asks for; 0 = that is enough.
    """

    complexity: str
    tokens_in: int
    tokens_out: int
    policy: TenantPolicy
    quality: int = 0
    audio: bool = False
    batch: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Targets in order, why these, and whether none of them has the quality that was asked for."""

    candidates: tuple[Candidate, ...]
    why: str = ""
    below: bool = False

    def reason(self, candidate: Candidate, after: str = "") -> str:
        """Why the call went there, in a line; `after` is the kind of the failure before it."""
        place = [one.target for one in self.candidates].index(candidate.target) + 1
        return f"{self.why}; number {place} by price" + (f", after {after}" if after else "")

    def to(self, target: Target, *, more_tokens: int) -> list[Candidate]:
        """This target alone, for a request that is so much longer."""
        price = target.price
        more = price.cost_usd(tokens_in=more_tokens, tokens_cached=0, tokens_out=0) if price else FREE
        return [
            replace(one, tokens=one.tokens + more_tokens, cost_nano=one.cost_nano + int(more * NANO))
            for one in self.candidates
            if one.target == target
        ]


def order(targets: Sequence[Target], need: Need, health: Mapping[str, int] | None = None) -> Route:
    """The targets that may be asked: those with an open breaker last, the cheapest first.

    Where nothing has the wanted quality, the best there is takes its place.

    :param health: holder of a target (Target.holder) -> state of its breaker; who is not in it is healthy.
    :raises UnknownComplexity: if it is none of COMPLEXITIES.
    """
    try:
        wanted = max(COMPLEXITIES[need.complexity], need.quality)
    except KeyError:
        raise UnknownComplexity(f"{need.complexity!r}; use one of {', '.join(COMPLEXITIES)}.") from None
    fit = [target for target in targets if _fits(target, need)]
    least = min(wanted, max((target.quality for target in fit), default=wanted))
    states = health or {}
    able = [(most_usd(target, need), target) for target in fit if target.quality >= least]
    # Who may be probed stands where it always stood: admission lets one call through, and the others go on to the next.
    able.sort(key=lambda one: (states.get(one[1].holder, CLOSED) == OPEN, one[0], one[1].quality))
    asked = f"quality {least}" + (" (there is no better)" if least < wanted else " or better")
    why = f"{need.complexity}: {asked}, {len(able)} of {len(targets)} fit"
    return Route(tuple(_candidate(target, cost, need) for cost, target in able), why, below=least < wanted)


def most_usd(target: Target, need: Need) -> Decimal:
    """The most that the call may cost there; an unknown price counts as none."""
    if target.price is None:
        return FREE
    out = need.tokens_out + target.reasoning_tokens
    return target.price.cost_usd(tokens_in=need.tokens_in, tokens_cached=0, tokens_out=out)


def _fits(target: Target, need: Need) -> bool:
    return (
        need.policy.allows(target)
        and need.tokens_in + need.tokens_out + target.reasoning_tokens <= target.context_tokens
        and target.takes_audio == need.audio
        and (target.has_batch or not need.batch)
    )


def _candidate(target: Target, cost_usd: Decimal, need: Need) -> Candidate:
    tokens = need.tokens_in + need.tokens_out + target.reasoning_tokens
    return Candidate(target, tokens, int(cost_usd * NANO))
