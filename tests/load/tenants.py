"""Bar 7: a new tenant by blueprint and by migrating, among few and many others, and a deploy with nothing to do."""

from __future__ import annotations

from tests.load.lines import Lines, percentile
from tests.load.server import Server

FEW, MANY, QUICK_MANY = 10, 500, 6
LEAST_FASTER, MOST_GROWTH, LEAST_CHECK = 15.0, 1.3, 50.0


def measure(lines: Lines, running: Server, *, quick: bool) -> None:
    many = QUICK_MANY if quick else MANY
    told = running.run("fleet", given={"few": 2 if quick else FEW, "many": many, "tries": 1 if quick else 9})
    few, grown = told["few"], told["many"]
    for name, found in (("few", few), ("many", grown)):
        lines.tell(f"tenants.{name}.schemas", found["schemas"], "schemas")
        lines.tell(f"tenants.{name}.provision_p50", percentile(found["blueprint"], 50), "ms")
        lines.tell(f"tenants.{name}.migrate_p50", percentile(found["migrate"], 50), "ms")
        lines.bar(f"tenants.{name}.faster", _ratio(found["migrate"], found["blueprint"]), "x", least=LEAST_FASTER)
        lines.tell(f"tenants.{name}.tables_faster", _ratio(found["migrated_tables"], found["tables"]), "x")
    lines.bar("tenants.growth", _ratio(grown["blueprint"], few["blueprint"]), "x", most=MOST_GROWTH)
    lines.tell("tenants.check", told["check_ms"], "ms")
    lines.tell("tenants.check_by_multiprocessing", told["multiprocessing_ms"], "ms")
    lines.bar("tenants.check_faster", told["multiprocessing_ms"] / told["check_ms"], "x", least=LEAST_CHECK)
    lines.none("tenants.drifted", told["drifted"], "schemas")
    lines.none("tenants.incomplete", told["incomplete"], "schemas")


def _ratio(one: list[float], other: list[float]) -> float:
    return percentile(one, 50) / percentile(other, 50)
