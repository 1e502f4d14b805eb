"""The numbers of our own invoices: each series from 1 to its last, without a gap and without a double."""

from django.db import connection

from billing.models import Invoice, InvoiceSeries
from billing.reconciling.findings import MOST_IDS, Findings

# A number is its series' code and how many it is, "2026-0042" for one.
_GIVEN = """
    SELECT substring(number FROM length(%(code)s) + 1)::text AS rest
      FROM public.billing_invoice WHERE source = 'own' AND starts_with(number, %(code)s)"""
_NUMBERS = f"""
    SELECT (regexp_match(rest, '^[^0-9]?([0-9]+)$'))[1]::bigint AS number FROM ({_GIVEN}) AS given"""  # nosec B608
_MISSING = f"""
    SELECT wanted FROM generate_series(1, %(last)s) AS wanted
    EXCEPT SELECT number FROM ({_NUMBERS}) AS numbers ORDER BY 1 LIMIT {MOST_IDS}"""  # nosec B608
_COUNT = f"SELECT count(number) FROM ({_NUMBERS}) AS numbers"  # nosec B608


def look(found: Findings) -> None:
    given = 0
    for row in InvoiceSeries.objects.order_by("code"):
        found.compared["series"] += 1
        count = _rows(_COUNT, row)[0]
        missing = _rows(_MISSING, row)
        given += count
        if missing or count != row.last:
            numbers = [f"{row.code} {number}" for number in missing]
            found.differ("invoice.numbers_without_gaps", row.last, count, numbers)
    own = Invoice.objects.filter(source=Invoice.Source.OWN).count()
    found.compare("invoice.number_of_a_series", own, given)


def _rows(statement: str, row: InvoiceSeries) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"code": row.code, "last": row.last})
        return [int(number) for (number,) in cursor.fetchall()]
