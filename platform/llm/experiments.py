"""Experiments: which prompt version a unit of work (an interview) gets, and the start and end of one.

A unit keeps its version as long as the experiment runs, whichever process asks.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit, clock, state, tenancy
from core.state import TransitionNotAllowed
from llm import gates
from llm.models import Experiment, Variant

KEEP_SECONDS = 5.0

Known = Callable[[str], bool]


class NotStartable(Exception):
    """An experiment can't run as it stands; the message says why, for the person who started it."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A version that is tried, on this many of a hundred units."""

    version: str
    percent: int
    on: bool


@dataclass(frozen=True, slots=True)
class Running:
    """A running experiment as every process keeps it for seconds. Nothing switches the version `control` off."""

    id: UUID
    tenants: frozenset[str]
    control: str
    arms: tuple[Arm, ...]

    def version_of(self, unit_id: UUID) -> str:
        """The version of this unit; the control's where its own one was switched off."""
        place, upto = _place(self.id, unit_id), 0
        for arm in self.arms:
            upto += arm.percent
            if place < upto:
                return arm.version if arm.on else self.control
        return self.control


_prompts: dict[str, Known] = {}
_kept: tuple[float, dict[str, Running]] = (0.0, {})
_lock = threading.Lock()


def register_prompts(feature: str, known: Callable[[str], bool]) -> None:
    """Say which prompt versions of a feature this release has (called in AppConfig.ready of the app that owns them)."""
    _prompts[feature] = known


def prompt_version(feature: str, *, schema: str, unit_id: UUID, default: str) -> str:
    """The prompt version for this unit of this tenant: `default` where no experiment runs or the tenant has no part."""
    running = _running().get(feature)
    if running is None or (running.tenants and schema not in running.tenants):
        return default
    return running.version_of(unit_id)


def versions(feature: str, *, schema: str, default: str) -> tuple[str, ...]:
    """Every prompt version that units of this tenant may get now, the most common first."""
    running = _running().get(feature)
    if running is None or (running.tenants and schema not in running.tenants):
        return (default,)
    shares = {running.control: 0}
    for arm in running.arms:
        version = arm.version if arm.on else running.control
        shares[version] = shares.get(version, 0) + arm.percent
    return tuple(sorted((name for name, percent in shares.items() if percent), key=lambda name: -shares[name]))


def forget() -> None:
    """Drop what this process keeps: an experiment started, ended or lost a version."""
    global _kept
    with _lock:
        _kept = (0.0, {})


def _running() -> dict[str, Running]:
    """By feature, at most KEEP_SECONDS old; what was known before where the database can't say."""
    global _kept
    until, found = _kept
    if time.monotonic() < until:
        return found
    try:
        found = _read()
    except DatabaseError:
        if transaction.get_connection().in_atomic_block:
            raise  # the transaction is broken anyway
    with _lock:
        _kept = (time.monotonic() + KEEP_SECONDS, found)
    return found


def _read() -> dict[str, Running]:
    rows = Experiment.objects.filter(status=Experiment.Status.RUNNING).prefetch_related("variants")
    return {row.feature: running for row in rows if (running := _as_kept(row)) is not None}


def _as_kept(row: Experiment) -> Running | None:
    """None where this release has not even the control's prompt, or that did not pass the feature's gate."""
    variants = list(row.variants.all())
    control = next((variant.prompt_version for variant in variants if variant.is_control), "")
    passed = gates.may_run(row.feature, [variant.prompt_version for variant in variants])
    if not _is_known(row.feature, control) or not passed[control]:
        return None
    arms = tuple(_arm(row.feature, variant, passed[variant.prompt_version]) for variant in variants)
    return Running(row.pk, frozenset(row.tenants), control, arms)


def _arm(feature: str, variant: Variant, passed: bool) -> Arm:
    on = variant.switched_off_at is None and passed and _is_known(feature, variant.prompt_version)
    return Arm(variant.prompt_version, variant.percent, on)


def _is_known(feature: str, version: str) -> bool:
    known = _prompts.get(feature)
    return known is not None and bool(version) and known(version)


def _place(experiment_id: UUID, unit_id: UUID) -> int:
    """From 0 to 99, evenly, and of another order in each experiment."""
    digest = hashlib.sha256(experiment_id.bytes + unit_id.bytes).digest()
    return int.from_bytes(digest[:8]) % 100


def start(*, experiment_id: UUID) -> None:
    """Let a draft run.

    :raises NotStartable: with the reason; nothing was changed.
    """
    try:
        with transaction.atomic():
            row = Experiment.objects.select_for_update().get(pk=experiment_id)
            variants = list(row.variants.all())
            _refuse_unfit(row, variants)
            state.move(row, Experiment.Status.RUNNING, started_at=clock.now())
            versions = {variant.prompt_version: variant.percent for variant in variants}
            _record("experiment.started", row, feature=row.feature, versions=versions)
    except TransitionNotAllowed:
        raise NotStartable(_("It was started before.")) from None
    except IntegrityError:
        raise NotStartable(_("Another experiment of this feature runs; end it first.")) from None
    forget()


def end(*, experiment_id: UUID) -> None:
    """End a running experiment: everybody gets the default again.

    :raises core.state.TransitionNotAllowed: if it does not run.
    """
    with transaction.atomic():
        row = Experiment.objects.get(pk=experiment_id)
        state.move(row, Experiment.Status.ENDED, ended_at=clock.now())
        _record("experiment.ended", row, feature=row.feature)
    forget()


def switch_off(*, variant_id: UUID, reason: str) -> bool:
    """Give the control to everybody who had this version; False if it was off already, or is the control.

    The reason is kept with it and in the platform's trail.
    """
    with transaction.atomic():
        open_one = Variant.objects.filter(pk=variant_id, switched_off_at=None, is_control=False)
        if not open_one.update(switched_off_at=clock.now(), reason=reason[:200]):
            return False
        row = Variant.objects.select_related("experiment").get(pk=variant_id)
        _record("experiment.version_off", row.experiment, version=row.prompt_version, reason=reason[:200])
    forget()
    return True


def _refuse_unfit(row: Experiment, variants: Sequence[Variant]) -> None:
    """:raises NotStartable: for what no single row's constraint can say."""
    controls = [variant for variant in variants if variant.is_control]
    total = sum(variant.percent for variant in variants)
    unknown = [variant.prompt_version for variant in variants if not _is_known(row.feature, variant.prompt_version)]
    if row.feature not in _prompts:
        raise NotStartable(_("No prompts are known for the feature %(name)s.") % {"name": row.feature})
    if len(controls) != 1 or len(variants) < 2:
        raise NotStartable(_("It needs exactly one control and at least one other version."))
    if total != 100:
        raise NotStartable(_("The percentages come to %(total)d, not to 100.") % {"total": total})
    if unknown:
        raise NotStartable(_("There is no prompt %(names)s.") % {"names": ", ".join(unknown)})
    why = gates.why_not(row.feature, [variant.prompt_version for variant in variants])
    if why:
        raise NotStartable(why)


def _record(action: str, row: Experiment, **detail: Any) -> None:
    with tenancy.enter_platform():
        audit.record(action, row, **detail)
