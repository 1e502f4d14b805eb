"""Every act that the program records has a sentence on the page of the audit trail."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from compliance.audit.sentences import ACTS

ROOT = Path(__file__).parents[2]
ROOTS = ("platform", "tenants", "billing", "interviews", "compliance")
BUILT = {  # as the program builds a name -> what comes of it
    "f'contest.{to}'": {"contest.upheld", "contest.declined"},
    "f'infrastructure_share.{what}'": {"infrastructure_share.set", "infrastructure_share.removed"},
    "f'llm.{row._meta.model_name}_saved'": {"llm.account_saved", "llm.offer_saved"},
    "f'request.{kind}'": {
        f"request.{kind}" for kind in ("human", "adjustment", "talk", "contest", "review", "erasure")
    },
    "f'support.{to}'": {"support.refused", "support.revoked", "support.ended"},
}


@dataclass(frozen=True)
class Recorder:
    """A function that records the act named by one of its parameters; a private one is called in its module alone."""

    name: str
    module: Path | None
    parameter: str
    position: int | None


RECORD = Recorder("record", None, "action", 0)


def modules() -> dict[Path, ast.Module]:
    found = [path for root in ROOTS for path in (ROOT / root).rglob("*.py")]
    kept = [path for path in found if not {"tests", "migrations"} & set(path.parts)]
    return {path: ast.parse(path.read_text()) for path in kept}


def acts_told_to(recorder: Recorder, tree: ast.AST) -> Iterator[ast.expr]:
    """What stands for the act in each call of it."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        called = call.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        owner = getattr(called.value, "id", "") if isinstance(called, ast.Attribute) else ""
        if name != recorder.name or (recorder is RECORD and owner != "audit"):
            continue
        yield from (word.value for word in call.keywords if word.arg == recorder.parameter)
        if recorder.position is not None and len(call.args) > recorder.position:
            yield call.args[recorder.position]


def recorders(recorder: Recorder, path: Path, tree: ast.Module) -> Iterator[Recorder]:
    """The functions of the module that hand a parameter of theirs on to the recorder."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            names = [one.arg for one in function.args.args]
            handed = {told.id for told in acts_told_to(recorder, function) if isinstance(told, ast.Name)}
            for name in handed & {*names, *(one.arg for one in function.args.kwonlyargs)}:
                module = path if function.name.startswith("_") else None
                yield Recorder(function.name, module, name, names.index(name) if name in names else None)


def recorded() -> tuple[set[str], set[str]]:
    """The acts by their names, and the expressions that build one."""
    trees, waiting, known = modules(), [RECORD], {RECORD}
    names: set[str] = set()
    built: set[str] = set()
    while waiting:
        recorder = waiting.pop()
        for path, tree in trees.items():
            if recorder.module not in (None, path):
                continue
            more = set(recorders(recorder, path, tree)) - known
            known |= more
            waiting += more
            for told in acts_told_to(recorder, tree):
                for one in (told.body, told.orelse) if isinstance(told, ast.IfExp) else (told,):
                    if isinstance(one, ast.Constant):
                        names.add(str(one.value))
                    elif not isinstance(one, ast.Name):
                        built.add(ast.unparse(one))
    return names, built


def test_every_act_that_is_recorded_has_a_sentence() -> None:
    names, built = recorded()

    assert built == set(BUILT)
    found = names.union(*BUILT.values())
    assert {"decision.made", "review.saved", "tenant.suspended", "job.unassigned", "mail.retried"} <= found
    assert sorted(found - set(ACTS)) == []


def test_no_sentence_is_of_an_act_that_nobody_records() -> None:
    names, _ = recorded()

    assert sorted(set(ACTS) - names.union(*BUILT.values())) == []
