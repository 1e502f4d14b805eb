"""`make bench`: measure the bars of docs/capacity.md and print a JSON line for each figure.

    python -m tests.load [turns] [room] [capacity] [streams] [neighbours] [gateway] [limits] [prompts] [cache] [off]
                         [costs] [tenants] [soak] [--quick] [--candidates 200] [--dataset FOLDER] [--interviews 20]

Without a name all but the soak. Exit code 1 when a bar was missed. `--quick` is for tests: everything
small, and only correctness is judged (nothing lost, doubled, out of order, scripted, in error, above a limit): a small
run says nothing about speed.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from functools import partial

from core.localservices.leader import leading
from tests.load import cache, capacity, gateway, limits, neighbours, off, room, soak, spending, streams, tenants, turns
from tests.load.lines import Lines
from tests.load.server import server
from tests.stack import ROOT

BARS = {
    "turns": turns.measure,
    "room": room.measure,
    "capacity": capacity.measure,
    "streams": streams.measure,
    "neighbours": neighbours.measure,
    "gateway": gateway.measure,
    "limits": limits.measure,
    "prompts": spending.measure_prompts,
    "cache": cache.measure,
    "off": off.measure,
    "costs": spending.measure_costs,
    "tenants": tenants.measure,
}
APART = ("soak",)  # only by its name


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure what this machine carries.")
    parser.add_argument("names", nargs="*", choices=[*BARS, *APART, []], metavar="|".join([*BARS, *APART]))
    parser.add_argument("--quick", action="store_true", help="everything small: is it right, not how fast")
    parser.add_argument("--minutes", type=float, default=10.0, help="of the soak")
    parser.add_argument(
        "--candidates", type=int, default=0, help="in room and capacity, instead of the bar's own number"
    )
    parser.add_argument(
        "--dataset", default="", help="folder of transcripts for prompts and costs (tests.load.transcripts)"
    )
    parser.add_argument("--interviews", type=int, default=0, help="of the data set, in costs; all of them without it")
    told = parser.parse_args(arguments)
    measures = BARS | {
        "room": partial(room.measure, candidates=told.candidates),
        "capacity": partial(capacity.measure, candidates=told.candidates),
        "soak": partial(soak.measure, minutes=told.minutes),
        "prompts": partial(spending.measure_prompts, dataset=told.dataset),
        "costs": partial(spending.measure_costs, dataset=told.dataset, interviews=told.interviews),
    }
    os.environ.setdefault("CANDOR_VAR", str(ROOT / "var" / "bench"))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a connection is a file, here and in the web process
    lines, names = Lines(quick=told.quick), told.names or list(BARS)
    with leading(ROOT / "var" / "bench", "a bench run"):
        if told.quick:
            with server("bench", workers=1) as running:
                for name in names:
                    measures[name](lines, running, quick=True)
        else:
            for name in names:
                with server("bench") as running:  # each on processes and databases of its own
                    measures[name](lines, running, quick=False)
    return 0 if lines.held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
