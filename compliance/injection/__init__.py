"""Orders to the evaluator in what a candidate wrote: `detect` flags them, `leave_out` gives the rest."""

from compliance.injection.detecting import Findings, detect, leave_out

__all__ = ["Findings", "detect", "leave_out"]
