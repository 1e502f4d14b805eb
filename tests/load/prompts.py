"""Tokens of each turn's messages over transcripts, as JSON.

python -m tests.load.within_django prompts [--dataset FOLDER]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from interviews.services.interviewer import model
from tests.load import baseline, transcripts
from tests.load.lines import percentile
from tests.load.provider import asked_tokens


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", type=Path, default=None)
    parser.add_argument("--interviews", type=int, default=0)
    told = parser.parse_args()
    ours: list[int] = []
    theirs: list[int] = []
    for transcript in transcripts.read(told.dataset, told.interviews):
        for number, context in enumerate(transcript.contexts()):
            ours.append(asked_tokens({"messages": model.messages(context)}))
            theirs.append(asked_tokens({"messages": baseline.turn(transcript, number)}))
    found = {"turns": len(ours)}
    for name, counted in (("candor", ours), ("baseline", theirs)):
        found |= {f"{name}_p50": int(percentile(counted, 50)), f"{name}_p95": int(percentile(counted, 95))}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
