"""Score assurance: what an evaluator must and must not do, tried on Candor's own cases, and the gate that it must pass.

The cases are made of the competency library's example answers and of interviews/data/assurance.json; none of them is
anybody's. `run` is deterministic for a deterministic evaluator.
"""

from interviews.services.assurance.measuring import (
    Measured,
    Wanted,
    as_text,
    gate_of_prompts,
    measure_basic,
    measure_model,
    ship,
)
from interviews.services.assurance.running import Outcome, failing, run
from interviews.services.assurance.showing import page

__all__ = [
    "Measured",
    "Outcome",
    "Wanted",
    "as_text",
    "failing",
    "gate_of_prompts",
    "measure_basic",
    "measure_model",
    "page",
    "run",
    "ship",
]
