"""What a look found: how much it compared, and each difference."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from django.db import connection

from tenants.models import Tenant

MOST_IDS = 100
Value: TypeAlias = UUID | str | datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """Two sides that should say the same. `ids` are at most MOST_IDS of the `count` rows that it is about."""

    tenant: str
    what: str
    expected: str
    found: str
    ids: tuple[str, ...] = ()
    count: int = 0


@dataclass(slots=True)
class Findings:
    """Of one tenant (its schema's name), or "" for the platform; `compared` counts what was looked at."""

    tenant: str
    now: datetime
    compared: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def compare(self, what: str, expected: object, found: object, ids: Collection[object] = ()) -> None:
        """A difference unless they are equal; `ids` say of which rows."""
        if expected != found:
            self.differ(what, expected, found, ids)

    def differ(self, what: str, expected: object, found: object, ids: Collection[object] = ()) -> None:
        named = tuple(str(one) for one in list(ids)[:MOST_IDS])
        self.differences.append(Difference(self.tenant, what, str(expected), str(found), named, len(ids)))

    def none(self, what: str, statement: str, values: Sequence[Value]) -> None:
        """A difference if the statement finds rows: its first column is their id. Few of them are ever held here."""
        with connection.cursor() as cursor:
            cursor.execute(_FEW.format(statement), [*values, MOST_IDS])
            rows = cursor.fetchall()
        if rows:
            ids, count = tuple(str(row[0]) for row in rows), int(rows[0][1])
            self.differences.append(Difference(self.tenant, what, "0", str(count), ids, count))

    def counted(self, what: str, statement: str, values: Sequence[Value]) -> None:
        """Add to what was compared."""
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            self.compared[what] += int(cursor.fetchone()[0])


_FEW = "SELECT odd.id, count(*) OVER () FROM ({}) AS odd (id) ORDER BY odd.id LIMIT %s"

Look: TypeAlias = Callable[[Tenant, Findings], None]
PlatformLook: TypeAlias = Callable[[Findings], None]
