"""Encrypted fields: plain text in Python, ciphertext in the database, and bound to their place."""

from typing import Any

from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Concat

from core import state, tenancy
from core.ids import uuid7
from core.state import TransitionNotAllowed
from core.testing import OTHER, TenantTestCase
from core.tests import rows
from keys import ring
from keys.box import CannotOpen
from keys.fields import HEADER, NotSealed
from keys.models import SubjectKey
from keys.ring import KeyDestroyed
from keys.tests.sealed import NAME, Candidate, candidate, put, raw

TEXTS = ("", "x", "Zoë Müller 名前 🙂", "a\x00b\n\tc", "x" * 8000)


class RoundTripTests(TenantTestCase):
    def test_what_was_written_is_read_again(self) -> None:
        for text in TEXTS:
            with self.subTest(text[:20]):
                row = candidate(text)

                self.assertEqual(Candidate.objects.get(pk=row.pk).name, text)
                self.assertEqual(row.name, text)

    def test_it_is_read_again_with_keys_that_are_fetched_anew(self) -> None:
        row = candidate()

        ring.forget()

        self.assertEqual(Candidate.objects.get(pk=row.pk).name, NAME)

    def test_nothing_is_opened_before_somebody_reads_it(self) -> None:
        row = candidate()
        ring.forget()

        with self.assertNumQueries(0, using="keys"):
            found = Candidate.objects.get(pk=row.pk)
        with self.assertNumQueries(2, using="keys"):
            found.name  # noqa: B018
        with self.assertNumQueries(0, using="keys"):
            found.name, found.email  # noqa: B018

    def test_a_deferred_field_is_fetched_and_opened(self) -> None:
        row = candidate()

        self.assertEqual(Candidate.objects.defer("name").get(pk=row.pk).name, NAME)

    def test_a_row_that_is_saved_unread_keeps_its_ciphertext(self) -> None:
        row = candidate()
        before = raw(row)

        Candidate.objects.get(pk=row.pk).save()

        self.assertEqual(raw(row), before)

    def test_a_change_is_sealed_again(self) -> None:
        row = candidate()
        row.name = "Grace Hopper"
        row.save()

        self.assertEqual(Candidate.objects.get(pk=row.pk).name, "Grace Hopper")
        self.assertNotIn(b"Grace", raw(row))

    def test_none_stays_null(self) -> None:
        row = candidate()

        self.assertIsNone(Candidate._meta.get_field("name").seal_for(row, None))

    def test_two_rows_with_the_same_text_look_different_and_so_does_each_writing(self) -> None:
        first, second = candidate(), candidate()
        once = raw(first)
        first.name = NAME + ""
        first.save()

        self.assertEqual(len({once, raw(first), raw(second)}), 3)

    def test_many_rows_are_made_at_once_and_each_is_sealed_for_itself(self) -> None:
        rows = []
        for number in range(3):
            pk = uuid7()
            ring.create_subject_key(tenancy.tenant_id(), pk)
            rows.append(Candidate(pk=pk, name=f"Ada {number}", email="x", email_index=uuid7().hex))

        Candidate.objects.bulk_create(rows)

        self.assertEqual([row.name for row in Candidate.objects.order_by("pk")], ["Ada 0", "Ada 1", "Ada 2"])
        self.assertNotIn(b"Ada", b"".join(map(raw, rows)))

    def test_a_list_of_names_costs_one_query_for_its_keys(self) -> None:
        rows = [candidate(f"Ada {number}") for number in range(5)]
        ring.forget()

        with self.assertNumQueries(2, using="keys"):  # the tenant's key and all of theirs
            ring.remember_subjects(tenancy.tenant_id(), {row.pk for row in rows})
            names = {row.name for row in Candidate.objects.all()}

        self.assertEqual(len(names), 5)


class BoundToItsPlaceTests(TenantTestCase):
    """The associated data: tenant, field, row and key version."""

    def setUp(self) -> None:
        super().setUp()
        self.row = candidate()

    def assert_closed(self, row: Any, field: str = "name") -> None:
        with self.assertRaises(CannotOpen):
            getattr(Candidate.objects.get(pk=row.pk), field)

    def test_a_ciphertext_that_was_moved_to_another_field_does_not_open(self) -> None:
        put(self.row, raw(self.row, "name"), "email")

        self.assert_closed(self.row, "email")

    def test_a_ciphertext_that_was_moved_to_another_person_does_not_open(self) -> None:
        other = candidate("Grace Hopper")

        put(other, raw(self.row))

        self.assert_closed(other)

    def test_a_ciphertext_that_was_moved_to_another_row_of_the_same_person_does_not_open(self) -> None:
        field = Candidate._meta.get_field("name")
        other = Candidate(pk=uuid7())
        key = ring.subject_key(tenancy.tenant_id(), self.row.pk)
        ring._memory.put((tenancy.tenant_id(), other.pk), key)  # the very same key: the row alone differs

        with self.assertRaises(CannotOpen):
            field.open_for(other, raw(self.row))

    def test_a_ciphertext_that_was_moved_to_another_tenant_does_not_open(self) -> None:
        sealed = raw(self.row)
        with self.in_tenant(OTHER):
            twin = candidate("Grace Hopper", pk=self.row.pk)
            put(twin, sealed)

            self.assert_closed(twin)

    def test_the_tenant_is_in_it_even_where_the_keys_were_the_same(self) -> None:
        sealed, key = raw(self.row), ring.subject_key(tenancy.tenant_id(), self.row.pk)
        with self.in_tenant(OTHER):
            ring._memory.put((tenancy.tenant_id(), self.row.pk), key)
            with self.assertRaises(CannotOpen):
                Candidate._meta.get_field("name").open_for(Candidate(pk=self.row.pk), sealed)
        ring.forget()

    def test_another_key_version_in_its_head_does_not_open(self) -> None:
        kind, version = HEADER.unpack_from(raw(self.row))
        put(self.row, HEADER.pack(kind, version + 1) + raw(self.row)[HEADER.size :])

        self.assert_closed(self.row)

    def test_a_changed_cut_or_foreign_ciphertext_does_not_open(self) -> None:
        sealed = raw(self.row)
        flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
        for broken in (
            flipped,
            sealed[:-1],
            sealed[:20],
            sealed[:10],
            sealed + b"\0",
            b"\xff" + sealed[1:],
            b"\0" * 60,
        ):
            with self.subTest(broken[:4]):
                put(self.row, broken)

                self.assert_closed(self.row)

    def test_without_a_tenant_nothing_is_sealed_or_opened(self) -> None:
        found = Candidate.objects.get(pk=self.row.pk)
        tenancy.use(tenancy.Platform())

        with self.assertRaises(tenancy.NoTenant):
            found.name  # noqa: B018
        with self.assertRaises(tenancy.NoTenant):
            Candidate._meta.get_field("name").seal_for(found, "Grace")


class ErasedTests(TenantTestCase):
    def test_a_person_whose_key_was_destroyed_cannot_be_read_any_more(self) -> None:
        row = candidate()
        SubjectKey.objects.filter(subject_id=row.pk).delete()
        ring.forget()

        with self.assertRaises(KeyDestroyed):
            Candidate.objects.get(pk=row.pk).name  # noqa: B018

    def test_nor_written(self) -> None:
        row = candidate()
        before = raw(row)
        SubjectKey.objects.filter(subject_id=row.pk).delete()
        ring.forget()
        row.name = "Grace Hopper"

        with self.assertRaises(KeyDestroyed), transaction.atomic():
            row.save()

        self.assertEqual(raw(row), before)

    def test_others_stay_readable(self) -> None:
        gone, here = candidate(), candidate("Grace Hopper")
        SubjectKey.objects.filter(subject_id=gone.pk).delete()
        ring.forget()

        self.assertEqual(Candidate.objects.get(pk=here.pk).name, "Grace Hopper")


class NeverPlainTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.row = candidate()
        self.before = raw(self.row)

    def test_update_with_plain_text_is_refused(self) -> None:
        with self.assertRaises(NotSealed), transaction.atomic():
            Candidate.objects.filter(pk=self.row.pk).update(name="Grace Hopper")

        self.assertEqual(raw(self.row), self.before)

    def test_bulk_update_with_plain_text_is_refused(self) -> None:
        self.row.name = "Grace Hopper"

        with self.assertRaises(NotSealed), transaction.atomic():
            Candidate.objects.bulk_update([self.row], ["name"])

        self.assertEqual(raw(self.row), self.before)

    def test_an_expression_with_plain_text_is_refused(self) -> None:
        field = Candidate._meta.get_field("name")
        for plain in (Value("Grace", output_field=field), Concat(Value("Gr", output_field=field), Value("ace"))):
            with self.assertRaises(NotSealed), transaction.atomic():
                Candidate.objects.filter(pk=self.row.pk).update(name=plain)

        self.assertEqual(raw(self.row), self.before)

    def test_a_search_for_plain_text_is_refused(self) -> None:
        with self.assertRaises(NotSealed):
            Candidate.objects.filter(name=NAME).exists()

    def test_a_move_of_the_state_seals_what_it_sets(self) -> None:
        interview = _interview(self.row)

        state.move(interview, "declined", greeting="Hello Ada")

        self.assertEqual(type(interview).objects.get(pk=interview.pk).greeting, "Hello Ada")
        self.assertEqual(interview.greeting, "Hello Ada")
        self.assertNotIn(b"Hello", raw(interview, "greeting"))

    def test_a_move_that_is_refused_stores_no_text(self) -> None:
        interview = _interview(self.row)

        with self.assertRaises(TransitionNotAllowed):
            state.move(interview, "completed", greeting="Hello Ada")

        self.assertIsNone(type(interview).objects.get(pk=interview.pk).greeting)
        self.assertIsNone(interview.greeting)

    def test_a_copy_of_the_table_holds_no_plain_text(self) -> None:
        dumped = b""
        with connection.cursor() as cursor:
            for table in ("interviews_candidate", "alpha.interviews_candidate"):
                with cursor.copy(f"COPY {table} TO STDOUT") as lines:
                    dumped += b"".join(bytes(line) for line in lines)

        self.assertIn(str(self.row.pk).encode(), dumped)
        for plain in (b"Ada", b"Lovelace", b"example.org"):
            for form in (plain, plain.hex().encode()):
                self.assertNotIn(form, dumped)

    def test_the_object_shows_no_text_when_it_is_printed(self) -> None:
        self.assertNotIn("Ada", repr(self.row) + str(self.row))


def _interview(person: Any) -> Any:
    """An interview that was opened by this person."""
    interview = rows.interview()
    rows.model("interviews.Interview").objects.filter(pk=interview.pk).update(subject_id=person.pk, status="opened")
    interview.refresh_from_db()
    return interview
