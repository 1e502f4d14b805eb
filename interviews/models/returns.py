"""What the tenant says an interview by a person takes and costs."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

LEAST_USD, MOST_USD = Decimal("1.00"), Decimal("1000.00")
LEAST_MINUTES, MOST_MINUTES = 5, 600


class ReturnAssumptions(models.Model):
    """One row at most: without it nothing is said about money or hours saved."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    usd_an_hour = models.DecimalField(
        max_digits=6, decimal_places=2, validators=[MinValueValidator(LEAST_USD), MaxValueValidator(MOST_USD)]
    )
    interview_minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(LEAST_MINUTES), MaxValueValidator(MOST_MINUTES)],
        help_text=_("Of a person, for one interview, with its preparation and notes."),
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_assumptions"),
            models.CheckConstraint(
                condition=models.Q(usd_an_hour__range=(LEAST_USD, MOST_USD)), name="an_hour_costs_something_sensible"
            ),
            models.CheckConstraint(
                condition=models.Q(interview_minutes__range=(LEAST_MINUTES, MOST_MINUTES)),
                name="an_interview_takes_something_sensible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.usd_an_hour} {self.interview_minutes}"
