"""Calibration: how severe people rate, how well they agree with each other and with the AI, how long it takes them.

Fewer than `FEWEST` pairs give no figure. An interview that the viewer has still to rate is in no figure of theirs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from accounts.roles import NotPermitted, Permission
from core import audit
from interviews.selectors import calibration
from interviews.selectors.calibration import Pair
from interviews.services.assessment import agreement

FEWEST = 5
# Student's t for a 95% interval, by degrees of freedom: the next lower one is taken, so that none is too narrow.
T = {4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 12: 2.179, 15: 2.131, 20: 2.086, 30: 2.042}
T |= {60: 2.0, 120: 1.98}


@dataclass(frozen=True, slots=True)
class Figure:
    """How well two rate alike. `n` counts the pairs of levels, `one_sided` the share of all pairs with one level alone.

    None, but for the label, where there are too few pairs.
    """

    label: str
    n: int | None = None
    kappa: float | None = None
    same: int | None = None
    within_one: int | None = None
    one_sided: int | None = None


def show(*, by: User) -> dict[str, Any]:
    """The page. Who reads the audit trail sees everybody's figures by name, everybody else their own.

    :raises accounts.roles.NotPermitted: if the person neither rates nor reads the trail, or stays blind (support).
    """
    _require(by)
    audit.record("calibration.viewed")
    everybody = by.may(Permission.VIEW_AUDIT)
    interviews = calibration.known(by)
    if interviews is None:
        return {"everybody": everybody, "known": False}
    only = None if everybody else by
    times = calibration.minutes(interviews, only=only)
    return {
        "everybody": everybody,
        "known": True,
        "raters": _raters(calibration.severities(interviews, only=only), times, by),
        "median": _minutes(times[-1]),
        "people": _tables(calibration.between_people(interviews), ordered=False),
        "ai": _tables(calibration.with_the_ai(interviews), ordered=True),
        "overrides": _overrides(calibration.overridden(interviews)),
    }


def _require(by: User) -> None:
    if by.may(Permission.REVIEW):
        return
    by.require(Permission.VIEW_AUDIT)
    if by.may(Permission.VIEW_CANDIDATES):
        raise NotPermitted


def _raters(severities: list[dict[str, Any]], times: list[dict[str, Any]], viewer: User) -> list[dict[str, Any]]:
    medians = {row["reviewer"]: _minutes(row) for row in times}
    return [
        {
            "name": row["name"] or row["email"],
            "own": row["review__reviewer"] == viewer.pk,
            "minutes": medians.get(row["review__reviewer"]),
        }
        | _severity(row)
        for row in severities
    ]


def _severity(row: dict[str, Any]) -> dict[str, Any]:
    n = row["n"]
    if n < FEWEST:
        return {"n": None}
    half = _t(n - 1) * row["deviation"] / n**0.5
    return {"n": n, "mean": row["mean"], "low": row["mean"] - half, "high": row["mean"] + half}


def _t(freedom: int) -> float:
    return T[max(known for known in T if known <= freedom)]


def _minutes(row: dict[str, Any]) -> float | None:
    """The median in minutes; None of too few."""
    return row["median"] / 60_000 if row["n"] >= FEWEST else None


def _tables(pairs: Iterable[Pair], *, ordered: bool) -> dict[str, Any]:
    """The figures of all pairs, by competency and by version, and the labels of the groups that are too few.

    Of two people neither comes first (not `ordered`).
    """
    groups: dict[str, dict[tuple[Any, ...], Counter[tuple[Any, Any]]]] = defaultdict(lambda: defaultdict(Counter))
    for pair in pairs:
        levels = (pair["one"], pair["other"])
        for kind, key in (
            ("all", ()),
            ("competency", (pair["name"], pair["key"])),
            ("version", (pair["job"], pair["number"], pair.get("mode", ""))),
        ):
            groups[kind][key][levels] += pair["n"]
    figures = {
        "competency": [_figure(name, found, ordered) for (name, _key), found in sorted(groups["competency"].items())],
        "version": [_figure(_version(*key), found, ordered) for key, found in sorted(groups["version"].items())],
    }
    shown = {kind: [figure for figure in found if figure.n] for kind, found in figures.items()}
    few = {f"{kind}_few": [figure.label for figure in found if not figure.n] for kind, found in figures.items()}
    return {"all": _figure("", groups["all"][()], ordered)} | shown | few


def _version(job: str, number: int, mode: str) -> str:
    return f"{job} v{number}" + (f" · {mode}" if mode else "")


def _figure(label: str, counts: Counter[tuple[Any, Any]], ordered: bool) -> Figure:
    both = {levels: n for levels, n in counts.items() if None not in levels}
    n = sum(both.values())
    if n < FEWEST:
        return Figure(label)
    apart = Counter[int]()
    for (one, other), times in both.items():
        apart[abs(one - other)] += times
    alone = sum(times for levels, times in counts.items() if levels.count(None) == 1)
    return Figure(
        label,
        n,
        _kappa(both, ordered),
        round(100 * apart[0] / n),
        round(100 * (apart[0] + apart[1]) / n),
        round(100 * alone / counts.total()),
    )


def _kappa(both: dict[tuple[Any, Any], int], ordered: bool) -> float | None:
    ways = list(both.items())
    ways += [] if ordered else [(pair[::-1], n) for pair, n in both.items()]
    one = [pair[0] for pair, n in ways for _ in range(n)]
    other = [pair[1] for pair, n in ways for _ in range(n)]
    return agreement.weighted_kappa(one, other)


def _overrides(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"label": calibration.label_of(row["recommended"])}
        | ({"n": row["n"], "percent": round(100 * row["against"] / row["n"])} if row["n"] >= FEWEST else {"n": None})
        for row in rows
    ]
