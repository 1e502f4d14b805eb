"""Numbers of invoices: a series a year, without a gap.

A number is taken by one statement in the transaction that writes its invoice. Who comes at the same time waits for that
transaction's end; if it is undone, so is the number.
"""

from django.db import connection, transaction

INVOICES, CREDIT_NOTES = "", "CN-"

# The first of a year makes the series. Whoever else makes it at the same instant waits, and counts on from it.
TAKE = """
    INSERT INTO public.billing_invoiceseries AS series (code, last) VALUES (%s, 1)
    ON CONFLICT (code) DO UPDATE SET last = series.last + 1 RETURNING last"""


def take(series: str, *, year: int) -> str:
    """The next number, such as 2026-0001 or CN-2026-0001. Call it last: the row is held until the transaction ends.

    :raises django.db.transaction.TransactionManagementError: outside a transaction.
    """
    code = f"{series}{year}"
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A number is taken with its invoice, in one transaction.")
    with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(TAKE, [code])
        return f"{code}-{cursor.fetchone()[0]:04d}"
