"""What the current tenant's plan includes: asked by whoever offers a feature, answered by whoever knows the plans.

core knows no app, so the answer is registered (billing does); `require` and `require_seat` check, `terms` has numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

FEWEST_AT_ONCE, FEWEST_CALLS = 5, 60  # of a tenant without a plan


class Feature(models.TextChoices):
    """What a plan includes or not."""

    SSO = "sso", _("Single sign-on")
    SCIM = "scim", _("Directory (SCIM)")
    OWN_KEYS = "own_keys", _("Own keys at model providers")
    CUSTOM_DOMAIN = "custom_domain", _("A domain of your own")
    VOICE = "voice", _("Voice interviews")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan includes besides interviews. `seats` None = any number of people."""

    plan: str = ""
    features: frozenset[str] = frozenset()
    seats: int | None = None
    turns_at_once: int = FEWEST_AT_ONCE
    api_calls_a_minute: int = FEWEST_CALLS
    retention_days: tuple[int, ...] = ()
    sla: str = ""


class NotInPlan(Exception):
    """The tenant's plan does not include this; somebody who manages billing may choose a larger one."""


class NoSeatLeft(NotInPlan):
    """As many people as the plan includes are there already."""


class NobodyKnows(RuntimeError):
    """No app said what plans include."""


_looks: list[Callable[[], Terms]] = []
_uses: dict[str, Callable[[], bool]] = {}
_people: list[Callable[[], int]] = []
_invited: list[Callable[[], int]] = []


def connect(look: Callable[[], Terms]) -> None:
    """Say who knows the current tenant's terms (called in AppConfig.ready)."""
    _looks[:] = [look]


def terms() -> Terms:
    """The current tenant's terms, read now.

    :raises NobodyKnows: if no app was connected.
    """
    if not _looks:
        raise NobodyKnows
    return _looks[0]()


def require(feature: Feature) -> None:
    """:raises NotInPlan: unless the current tenant's plan includes the feature."""
    found = terms()
    if feature not in found.features:
        raise NotInPlan(
            _("The plan %(plan)s does not include this: %(feature)s.") % {"plan": found.plan, "feature": feature.label}
        )


def require_seat() -> None:
    """:raises NoSeatLeft: if one more person would be more than the plan includes."""
    found = terms()
    if found.seats is not None and people() >= found.seats:
        raise NoSeatLeft(
            _("The plan %(plan)s includes %(seats)d people; nobody more can be added.")
            % {"plan": found.plan, "seats": found.seats}
        )


def count_people(count: Callable[[], int], *, invited: Callable[[], int]) -> None:
    """Say who knows how many people take a seat in the current tenant, and how many of them were only invited so far
    (called in AppConfig.ready)."""
    _people[:], _invited[:] = [count], [invited]


def people() -> int:
    """How many people take a seat in the current tenant."""
    return sum(count() for count in _people)


def invited() -> int:
    """How many of `people()` are open invitations."""
    return sum(count() for count in _invited)


def uses(feature: Feature, look: Callable[[], bool]) -> None:
    """Say how it is known whether the current tenant uses the feature (called in AppConfig.ready)."""
    _uses[feature] = look


def used() -> frozenset[str]:
    """The features that the current tenant uses now."""
    return frozenset(feature for feature, look in _uses.items() if look())
