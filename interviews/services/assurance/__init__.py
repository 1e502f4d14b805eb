"""Score assurance: what an evaluator must and must not do, tried on Candor's own cases, and the gate that it must pass.

The cases are made of the competency library's example answers and of interviews/data/assurance.json; none of them is
anybody's. `run` is deterministic for a deterministic evaluator.
"""

from interviews.services.assurance.running import Outcome, failing, run

__all__ = ["Outcome", "failing", "run"]
