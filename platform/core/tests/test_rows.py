"""Writes that are composed once: the same rows as the ORM's, and nothing more."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test import TestCase

from core import rows
from core.ids import uuid7
from core.models import Due

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


def due(**given: Any) -> Due:
    return Due(**{"tenant": "alpha", "kind": "turn", "object_id": uuid7(), "due_at": AT} | given)


class RowsTests(TestCase):
    def test_an_inserted_row_is_what_the_orm_would_have_stored(self) -> None:
        by_hand, by_orm = due(attempts=2), due(attempts=2)

        rows.insert(by_hand)
        by_orm.save(force_insert=True)

        stored = [Due.objects.filter(pk=row.pk).values().get() for row in (by_hand, by_orm)]
        self.assertEqual(stored[0] | {"id": by_orm.pk, "object_id": by_orm.object_id}, stored[1])
        self.assertEqual((by_hand._state.adding, by_hand._state.db), (False, "default"))

    def test_a_row_that_is_there_is_not_inserted_again(self) -> None:
        row = due()
        rows.insert(row)

        with self.assertRaises(IntegrityError), transaction.atomic():
            rows.insert(row)

        self.assertEqual(Due.objects.count(), 1)

    def test_only_rows_that_are_as_was_said_are_changed(self) -> None:
        waiting, failed = due(), due(failed_at=AT, error="Before")
        rows.insert(waiting)
        rows.insert(failed)

        changed = rows.update(Due, {"failed_at": AT, "error": "Now"}, where={"tenant": "alpha", "failed_at": None})

        self.assertEqual(changed, 1)
        found = {row.pk: (row.failed_at, row.error) for row in Due.objects.all()}
        self.assertEqual(found, {waiting.pk: (AT, "Now"), failed.pk: (AT, "Before")})

    def test_a_list_means_any_of_its_values(self) -> None:
        for kind in ("turn", "mail", "evaluation"):
            rows.insert(due(kind=kind))

        changed = rows.update(Due, {"attempts": 5}, where={"kind": ["turn", "mail"], "tenant": "alpha"})

        self.assertEqual(changed, 2)
        self.assertEqual(Due.objects.get(attempts=0).kind, "evaluation")

    def test_an_empty_list_is_nobody(self) -> None:
        rows.insert(due())

        self.assertEqual(rows.update(Due, {"attempts": 5}, where={"kind": []}), 0)

    def test_values_are_never_part_of_the_statement(self) -> None:
        odd = "alpha'; DROP TABLE due; --"
        row = due(tenant=odd)

        rows.insert(row)

        with connection.cursor() as cursor:
            cursor.execute("SELECT tenant FROM public.due WHERE id = %s", [row.pk])
            self.assertEqual(cursor.fetchone(), (odd,))

    def test_an_error_that_somebody_swallows_still_undoes_the_transaction(self) -> None:
        first, second = due(), due()

        with self.assertRaises(TransactionManagementError), transaction.atomic():
            rows.insert(first)
            with suppress(IntegrityError):
                rows.insert(first)
            rows.insert(second)

        self.assertEqual(Due.objects.count(), 0)
