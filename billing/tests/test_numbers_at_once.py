"""Numbers without a gap, whatever comes at the same time: real connections, real commits, and some that never come."""

import threading
from collections.abc import Callable

from django.db import OperationalError, connection, transaction

from billing.models import Invoice, InvoiceLine, InvoiceSeries, Subscription
from billing.services import invoicing, numbers
from billing.tests import invoiced
from core import tenancy
from core.testing import HOME, OTHER, CommittingTestCase, at_once

WRITERS, ROUNDS = 16, 12


class Undone(Exception):
    """The transaction is rolled back."""


def kill_me() -> None:
    """End this thread's backend from another one's connection, as if its process had been killed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]

    def kill() -> None:
        with tenancy.enter(HOME), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.close()

    thread = threading.Thread(target=kill)
    thread.start()
    thread.join()


class NumbersTests(CommittingTestCase):
    def test_sixteen_writers_of_whom_some_roll_back_and_some_are_killed_leave_no_gap(self) -> None:
        kept: list[str] = []

        def write(place: int) -> Callable[[], None]:
            def call() -> None:
                for turn in range(ROUNDS):
                    try:
                        with transaction.atomic():
                            number = numbers.take(numbers.INVOICES, year=2029)
                            if (place + turn) % 4 == 1:
                                raise Undone
                            if (place, turn) in ((2, 4), (7, 7), (11, 9)):
                                kill_me()
                                connection.cursor().execute("SELECT 1")
                    except (Undone, OperationalError):
                        connection.close()
                        continue
                    kept.append(number)

            return call

        results = at_once(*[write(place) for place in range(WRITERS)])

        self.assertEqual(results, [None] * WRITERS)
        self.assertEqual(len(kept), WRITERS * ROUNDS * 3 // 4 - 3)
        self.assertEqual(sorted(kept), [f"2029-{place:04d}" for place in range(1, len(kept) + 1)])

    def test_two_years_and_credit_notes_count_apart_at_the_same_instant(self) -> None:
        kept: list[str] = []

        def write(series: str, year: int) -> Callable[[], None]:
            def call() -> None:
                for _ in range(ROUNDS):
                    with transaction.atomic():
                        kept.append(numbers.take(series, year=year))

            return call

        kinds = [("", 2030), ("", 2031), ("CN-", 2030), ("CN-", 2031)]
        at_once(*[write(*kind) for kind in kinds * 4])

        for series, year in kinds:
            wanted = [f"{series}{year}-{place:04d}" for place in range(1, 4 * ROUNDS + 1)]
            self.assertEqual(sorted(one for one in kept if one.startswith(f"{series}{year}-")), wanted)

    def test_outside_a_transaction_there_is_none(self) -> None:
        with self.assertRaises(transaction.TransactionManagementError):
            numbers.take(numbers.INVOICES, year=2032)

        self.assertFalse(InvoiceSeries.objects.filter(code="2032").exists())

    def test_invoices_of_two_tenants_at_once_have_the_next_numbers_each_with_its_lines(self) -> None:
        for schema in (HOME, OTHER):
            invoiced.details(schema)
            for amount in range(1, 21):
                invoiced.line(f"{amount}.00", schema)
        held = [invoiced.subscription(schema).pk for schema in (HOME, OTHER)]

        def issue(place: int) -> Callable[[], Invoice]:
            return lambda: invoicing.issue(subscription_id=held[place % 2])

        results = at_once(*[issue(place) for place in range(8)])

        made = [result for result in results if isinstance(result, Invoice)]
        refused = [result for result in results if isinstance(result, invoicing.NothingToInvoice)]
        self.assertEqual((len(made), len(refused)), (2, 6))
        first, second = sorted(int(one.number[5:]) for one in made)
        self.assertEqual(second, first + 1)
        self.assertEqual(InvoiceLine.objects.filter(invoice=None).count(), 0)
        self.assertEqual({one.subscription_id for one in made}, set(held))
        for one in made:
            self.assertEqual(one.subtotal_usd, sum(line.amount_usd for line in one.lines.all()))

    def test_an_invoice_that_fails_after_its_number_leaves_the_number_to_the_next(self) -> None:
        invoiced.details()
        invoiced.line("5.00")
        held = Subscription.objects.get(tenant__schema_name=HOME)
        try:
            with transaction.atomic():
                lost = invoicing.issue(subscription_id=held.pk).number
                raise Undone
        except Undone:
            pass

        self.assertFalse(Invoice.objects.filter(number=lost).exists())
        self.assertEqual(invoicing.issue(subscription_id=held.pk).number, lost)
