"""Triggers that say no, with a sentence and a readable name."""

import pgtrigger


def refuse(name: str, operation: pgtrigger.Operation, message: str) -> pgtrigger.Trigger:
    """Refuse whole statements of this kind on the table, even those that would match no row."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=operation,
        func=f"RAISE EXCEPTION '{message}' USING ERRCODE = 'insufficient_privilege';",
    )
