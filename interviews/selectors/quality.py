"""How good this tenant's evaluations were, added up: no figure of a person, and none of few (docs/quality.md)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, Max, Sum
from django.template.defaultfilters import floatformat

from interviews.models import CompetencyRating, Interview, JobVersion, Retest
from interviews.selectors import quality_sums
from interviews.selectors.quality_sums import Cells, Maker, Sums
from interviews.selectors.small_cells import FEWEST, hidden

FEWEST_REVIEWERS = 3  # of fewer, each could tell the others' agreement


@dataclass(frozen=True, slots=True)
class Share:
    """`percent` is None where there is nothing of it; `hides`: there is, but of few."""

    percent: float | None = None
    hides: bool = False

    def __str__(self) -> str:
        if self.percent is None:
            return "•" if self.hides else "–"
        return f"{floatformat(round(self.percent, 1), '-1')}%"


# name -> (how many are behind it, the part, the whole)
SHARES: dict[str, Callable[[Sums], tuple[int, int, int]]] = {
    "without_level": lambda of: (of.evaluations, of.without_level, of.ratings),
    "fabricated": lambda of: (of.heard, of.quotes - of.located, of.quotes),
    "faithful": lambda of: (of.heard, of.supported, of.levels),
    "refused": lambda of: (of.heard, of.refused, of.answers),
    "near": lambda of: (_compared(of), of.near, of.pairs),
}


def _compared(of: Sums) -> int:
    """How many interviews people rated too; where those people are few, it counts as few."""
    return len(of.reviewed) if len(of.reviewers) >= FEWEST_REVIEWERS else min(1, len(of.reviewed))


def figures(since: datetime) -> dict[str, Any]:
    """All that the page shows: of evaluations that ended, reviews that were submitted and ratings given since."""
    cells = quality_sums.since(since)
    total = quality_sums.together(cells.values())
    return {
        "evaluations": total.evaluations,
        "reviewed": len(total.reviewed),
        "total": _shares([total])[0],
        "makers": _by(cells, lambda key: key[0], _maker_names),
        "scales": _by(cells, lambda key: key[1], _scale_names),
        "distances": _distribution(total, {str(levels): total.distances[levels] for levels in range(5)}),
        "withheld": _distribution(
            total, {str(one.label): total.withheld[one.value] for one in CompetencyRating.Withheld}
        ),
        "rating": _rating(since),
        "retest": _retest(since),
    }


def _by(
    cells: Cells,
    part_of: Callable[[tuple[Maker, UUID]], Any],
    names_of: Callable[[Sequence[Any]], Mapping[Any, dict[str, str]]],
) -> list[dict[str, Any]]:
    """The cells added up by a part of their key, the greatest first."""
    found: dict[Any, Sums] = defaultdict(Sums)
    for key, cell in cells.items():
        found[part_of(key)].add(cell)
    names = names_of(list(found))
    ordered = sorted(found.items(), key=lambda one: (-one[1].evaluations, names[one[0]]["name"], str(one[0])))
    shares = _shares([sums for _, sums in ordered])
    return [
        {**names[key], "evaluations": sums.evaluations, "shares": shown}
        for (key, sums), shown in zip(ordered, shares, strict=True)
    ]


def _maker_names(makers: Sequence[Maker]) -> dict[Maker, dict[str, str]]:
    return {one: {"name": one.model, "note": " · ".join(filter(None, (one.evaluator, one.prompt)))} for one in makers}


def _scale_names(versions: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    rows = JobVersion.objects.filter(pk__in=versions).values_list("pk", "job__title", "number")
    return {pk: {"name": title, "note": str(number)} for pk, title, number in rows}


def _shares(parts: Sequence[Sums]) -> list[dict[str, Share]]:
    """Each share of each part; where one is hidden, what would tell it by subtraction is too."""
    shown: list[dict[str, Share]] = [{} for _ in parts]
    for name, counts in SHARES.items():
        found = [counts(part) for part in parts]
        hides = hidden([behind if whole else 0 for behind, _, whole in found])
        for place, (_, part, whole) in enumerate(found):
            shown[place][name] = _share(part, whole, hides=hides[place])
    return shown


def _share(part: int, whole: int, *, hides: bool) -> Share:
    if not whole:
        return Share()
    return Share(hides=True) if hides else Share(100 * part / whole)


def _distribution(total: Sums, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Each part of the ratings that are counted here, a few of them hidden; nothing where there are none."""
    whole = sum(counts.values())
    if not whole or total.evaluations < FEWEST:
        return []
    hides = hidden(list(counts.values()))
    return [
        {"name": name, "share": _share(count, whole, hides=hides[place])}
        for place, (name, count) in enumerate(counts.items())
    ]


def _rating(since: datetime) -> dict[str, Any]:
    """`mean` of the candidates' stars, None of few; `count`."""
    found = Interview.objects.filter(rated_at__gte=since).aggregate(mean=Avg("stars"), count=Count("stars"))
    return found if found["count"] >= FEWEST else {"mean": None, "count": found["count"]}


def _retest(since: datetime) -> dict[str, Any]:
    """How many evaluations were made twice, and the shares of their ratings that were the same, and that were near."""
    done = Retest.objects.filter(finished_at__gte=since, status=Retest.Status.DONE)
    found = done.aggregate(
        count=Count("pk"), pairs=Sum("pairs"), same=Sum("same"), near=Sum("within_one"), largest=Max("largest")
    )
    few = 0 < found["count"] < FEWEST
    pairs = found["pairs"] or 0
    return {
        "count": found["count"],
        "same": _share(found["same"] or 0, pairs, hides=few),
        "near": _share(found["near"] or 0, pairs, hides=few),
        "largest": None if few else found["largest"],
    }
