"""What the rows say after a load: every accepted answer has its one reply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import sql

from tests.load.lines import Lines
from tests.load.server import Server


@dataclass(frozen=True, slots=True)
class Found:
    """`lost` answers have no reply or no audit row, `doubled` ones have more than one of either; `scripted` replies
    are not the model's, so what they took says nothing."""

    turns: int
    lost: int
    doubled: int
    scripted: int


def verify(server: Server, schemas: Iterable[str], accepted: Iterable[str] | None = None) -> Found:
    """Compare the answered turns of these tenants with the keys that were acknowledged, where these are known."""
    answered: Counter[str] = Counter()
    lost = doubled = scripted = 0
    for schema in schemas:
        rows = server.stack.database.execute(_statement(schema)).fetchall()
        answered.update(str(key) for key, *_ in rows)
        lost += sum(status != "replied" or told < 1 or said < 1 for _, status, told, said, *_ in rows)
        doubled += sum(told > 1 or said > 1 or following > 1 for _, _, told, said, following, _ in rows)
        scripted += sum(mode != "model" for *_, mode in rows)
    if accepted is not None:
        known = Counter(accepted)
        lost += (known - answered).total()
        doubled += (answered - known).total()
    return Found(answered.total(), lost, doubled, scripted)


def _statement(schema: str) -> sql.Composed:
    """Of each answered turn: key, status, audit rows of the answer and of the reply, turns that follow, mode."""
    return sql.SQL(
        "WITH told AS (SELECT object_id::text AS id, count(*) FILTER (WHERE action = 'turn.answered') AS answered,"
        " count(*) FILTER (WHERE action = 'turn.replied') AS replied FROM {events} GROUP BY object_id)"
        " SELECT turn.idempotency_key, turn.status, coalesce(told.answered, 0), coalesce(told.replied, 0),"
        " (SELECT count(*) FROM {turns} AS after WHERE after.interview_id = turn.interview_id"
        " AND after.number = turn.number + 1), turn.mode"
        " FROM {turns} AS turn LEFT JOIN told ON told.id = turn.id::text WHERE turn.answered_at IS NOT NULL"
    ).format(events=sql.Identifier(schema, "audit_event"), turns=sql.Identifier(schema, "interviews_turn"))


def tell(lines: Lines, name: str, found: Found) -> None:
    lines.none(f"{name}.lost", found.lost, "answers")
    lines.none(f"{name}.doubled", found.doubled, "answers")
    lines.none(f"{name}.scripted", found.scripted, "replies")
