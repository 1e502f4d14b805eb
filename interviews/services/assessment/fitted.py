"""The fits of the basic evaluator: which one may measure a role, and how they are made."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from interviews.services.assessment import dataset, fitting
from interviews.services.evaluation import fits
from interviews.services.evaluation.fits import Fit
from interviews.services.simulation.dataset import BadDataset


def unseen(role: str) -> Fit:
    """The fit of the most roles among those that never saw this one.

    :raises BadDataset: if there is none.
    """
    fit = fits.without(role)
    if fit is None:
        raise BadDataset(f"Every fit of the basic evaluator has seen {role!r}: fit it on another role too.")
    return fit


def make(folder: Path) -> list[Fit]:
    """A fit of each role of the folder alone, so that another can be measured with it, and one of all of them.

    :raises BadDataset: if the folder cannot be used, or a level never occurs in a role.
    """
    found = dataset.load(folder)
    groups = [[one] for one in found.interviews.values()] + [list(found.interviews.values())]
    try:
        return [fitting.fit(list(chain.from_iterable(group)), found.competencies) for group in groups]
    except ValueError as error:
        raise BadDataset(f"{folder}: {error}") from error


def write(made: Sequence[Fit], output: Path) -> None:
    """As interviews.services.evaluation.fits reads them."""
    rows = ",\n".join(json.dumps(asdict(one), sort_keys=True) for one in made)
    output.write_text(f'{{"fits": [\n{rows}\n]}}\n')
