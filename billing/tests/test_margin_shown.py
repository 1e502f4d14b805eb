"""What is made of the figures: unusual months, a file for a spreadsheet, charts."""

import csv
import io
from unittest import mock

from billing.margin import anomalies, charts, months, pages, sheet
from billing.margin.report import Figures, Line
from billing.tests.margined import MARCH, MAY, NOW, USD, MarginTestCase
from core import tenancy
from llm.tests.made import call
from tenants.models import Tenant


class AnomalyTests(MarginTestCase):
    def months(self, *costs_and_counts: tuple[str, int]) -> list[tuple[str, str]]:
        """The months that are unusual for alpha, and their usual cost, if an interview cost so much in each."""
        found = Figures(months.latest(NOW, len(costs_and_counts)), names={self.alpha.pk: "Alpha"})
        for place, (usd, count) in enumerate(costs_and_counts):
            found.cells[place, self.alpha.pk] = Line(model_usd=USD(usd) * count, started=count)
        return [(f"{one.month:%m}", str(one.usual_usd)) for one in anomalies.find(found) if one.tenant == self.alpha.pk]

    def test_more_than_twice_the_median_of_the_months_before(self) -> None:
        self.assertEqual(self.months(("0.10", 10), ("0.12", 10), ("0.23", 10)), [("05", "0.11")])
        self.assertEqual(self.months(("0.10", 10), ("0.12", 10), ("0.22", 10)), [])

    def test_few_interviews_and_few_months_say_nothing(self) -> None:
        self.assertEqual(self.months(("0.10", 10), ("0.10", 10), ("9.00", 9)), [])
        self.assertEqual(self.months(("0.10", 10), ("0.10", 9), ("9.00", 50)), [])
        self.assertEqual(self.months(("0.00", 10), ("0.00", 10), ("9.00", 50)), [])

    def test_of_all_tenants_together_too(self) -> None:
        found = Figures(months.latest(NOW, 3), names={self.alpha.pk: "Alpha"})
        for place, usd in enumerate((1, 1, 3)):
            found.cells[place, None] = Line(model_usd=USD(usd * 10), started=10)

        self.assertEqual([(one.tenant, one.times) for one in anomalies.find(found)], [(None, 3)])


class SheetTests(MarginTestCase):
    def test_a_name_that_a_spreadsheet_would_run_is_only_text(self) -> None:
        names = ["=1+1", "+1", "-1", "@a", "\tx", "\rx", "\nx", "Alpha, Ltd."]
        lines = [Line(name=name, revenue_usd=USD("-1.50")) for name in names]

        head, *rows = csv.reader(io.StringIO(sheet.write("tenant", lines), newline=""))

        self.assertEqual([row[0] for row in rows], [*(f"'{name}" for name in names[:-1]), "Alpha, Ltd."])
        self.assertEqual(head[:3], ["\ufefftenant", "revenue_usd", "waiting_usd"])
        self.assertEqual({tuple(row[1:3]) for row in rows}, {("-1.5", "0")})

    def test_a_tenant_with_a_formula_for_its_name(self) -> None:
        Tenant.objects.filter(pk=self.alpha.pk).update(name="=1+1")
        call(MAY, cost="1")

        text = pages.as_csv(NOW, 3, "tenant")

        self.assertTrue(text.startswith("\ufefftenant,revenue_usd,"))
        self.assertIn("\r\n'=1+1,0,0,1,,True,-1,,", text)

    def test_amounts_are_plain_numbers(self) -> None:
        row = sheet.write("month", [Line("2026-05", None, USD("1000"), model_usd=USD("0.00000100"))]).splitlines()[1]

        self.assertEqual(row, "2026-05,1000,0,0.000001,0,False,999.999999,1,0,0,,,0")

    def test_servers_that_nobody_priced_are_no_zero_and_a_part_says_so(self) -> None:
        lines = [Line("2026-05", unshared=1), Line("2026-06", unshared=1, infrastructure_usd=USD("2.5"))]

        rows = list(csv.DictReader(io.StringIO(sheet.write("month", lines))))

        self.assertEqual(
            [(row["servers_usd"], row["servers_unknown"]) for row in rows], [("", "True"), ("2.5", "True")]
        )


class ChartTests(MarginTestCase):
    def test_columns_are_as_high_as_their_dollars(self) -> None:
        chart = charts.margin([Line(revenue_usd=USD(100), model_usd=USD(25), infrastructure_usd=USD(25)), Line()])

        bars = {bar.kind: (bar.y, bar.height) for bar in chart.columns[0].bars}
        self.assertEqual(bars, {"revenue": (0, 200), "model": (150, 50), "servers": (100, 50)})
        self.assertEqual(([mark.usd for mark in chart.marks], chart.columns[1].bars), ([0, 50, 100], []))

    def test_without_any_amount_only_the_ground_is_marked(self) -> None:
        for chart in (charts.margin([Line()]), charts.a_start([Line()])):
            self.assertEqual([(mark.y, mark.usd) for mark in chart.marks], [(200, 0)])

    def test_a_minus_and_nothing_at_all_draw_nothing(self) -> None:
        for lines in ([], [Line()], [Line(revenue_usd=USD(-5))]):
            self.assertEqual([bar for column in charts.margin(lines).columns for bar in column.bars], [])
        self.assertEqual(charts.a_start([Line(), Line(model_usd=USD(3), started=2)]).columns[1].bars[0].height, 150)

    def test_nobody_entered_a_tenant_for_it(self) -> None:
        self.invoice(self.alpha, "99", self.line(self.alpha, "99", MARCH))
        with tenancy.enter_platform(), mock.patch.object(tenancy, "enter", side_effect=AssertionError):
            self.assertEqual(self.build().total().revenue_usd, USD("99.00"))
