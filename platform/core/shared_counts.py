"""The folder in which processes of one machine share their counts, and what dead ones leave in it.

Every process has files of its own there. A counter must not fall when its process ends, so the files of dead
processes are folded into one a type; a gauge of a dead process counts no more, so its file goes.
"""

import fcntl
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, multiprocess
from prometheus_client.mmap_dict import MmapedDict

NOBODY = 0  # the process id in the name of the folded files


def collect(folder: Path) -> list[Metric]:
    """All families, summed over the processes, dead ones included."""
    with _alone(folder):
        _fold_the_dead(folder)
        collector = multiprocess.MultiProcessCollector(CollectorRegistry(), path=str(folder))  # type: ignore[no-untyped-call]
        return list(collector.collect())  # type: ignore[no-untyped-call]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other scrape meanwhile: it would count a file both folded and apart."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fold_the_dead(folder: Path) -> None:
    dead = defaultdict(list)
    for file in folder.glob("*.db"):
        kind, _, process = file.stem.rpartition("_")
        if int(process) == NOBODY or _lives(int(process)):
            continue
        if kind.startswith("gauge"):
            file.unlink()
        else:
            dead[kind].append(file)
    for kind, files in dead.items():
        _fold(folder / f"{kind}_{NOBODY}.db", files)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _fold(into: Path, files: list[Path]) -> None:
    """Add the files' values to those of `into`, which is replaced in one step."""
    draft = into.with_suffix(".draft")
    if into.exists():
        shutil.copyfile(into, draft)
    else:
        draft.unlink(missing_ok=True)
    total = MmapedDict(str(draft))  # type: ignore[no-untyped-call]
    for file in files:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(file)):  # type: ignore[no-untyped-call]
            total.write_value(key, total.read_value(key)[0] + value, 0.0)  # type: ignore[no-untyped-call]
    total.close()  # type: ignore[no-untyped-call]
    draft.replace(into)
    for file in files:
        file.unlink()
