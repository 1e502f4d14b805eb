"""What a change of plan in the middle of a period comes to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from billing.money import CENT


@dataclass(frozen=True, slots=True)
class Change:
    """`credit_usd` (0 or less) gives back the rest of the old plan, `charge_usd` is the rest of the new one.

    `interviews` is how many more (or fewer) are included until the period's end.
    """

    credit_usd: Decimal
    charge_usd: Decimal
    interviews: int

    @property
    def net_usd(self) -> Decimal:
        return self.charge_usd + self.credit_usd


def rest_of(start: datetime, end: datetime, at: datetime) -> Fraction:
    """The part of [start, end) that is left at `at`: 1 at its start and before, 0 from its end on."""
    whole = (end - start) // _MICROSECOND
    left = (end - at) // _MICROSECOND
    return Fraction(max(0, min(left, whole)), whole)


_MICROSECOND = datetime.resolution


def change(*, old_usd: Decimal, new_usd: Decimal, old_interviews: int, new_interviews: int, rest: Fraction) -> Change:
    """Old plan for new with `rest` of the period left. A change and its reverse at the same instant come to nothing."""
    return Change(
        credit_usd=-part(old_usd, rest),
        charge_usd=part(new_usd, rest),
        interviews=round((new_interviews - old_interviews) * rest),
    )


def part(usd: Decimal, rest: Fraction) -> Decimal:
    """This part of an amount, in whole cents, half a cent to the even one."""
    exact = Fraction(usd) * rest
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(CENT, ROUND_HALF_EVEN)
