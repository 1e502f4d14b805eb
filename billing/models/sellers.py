"""Who issues invoices."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

THE_ONE = 1


class Seller(models.Model):
    """The company that issues invoices: one row, edited in the admin. A placeholder until somebody says who it is."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE, editable=False)
    company = models.CharField(_("company"), max_length=200)
    line1 = models.CharField(_("street"), max_length=200)
    line2 = models.CharField(_("second line"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100)
    country = models.CharField(_("country"), max_length=2, help_text=_("Two letters, such as PT."))
    tax_id = models.CharField(_("VAT number"), max_length=30, blank=True)
    bank = models.CharField(_("bank"), max_length=100)
    iban = models.CharField(_("IBAN"), max_length=42)
    bic = models.CharField(_("BIC"), max_length=11)
    email = models.EmailField(_("e-mail for questions about invoices"))
    tax_percent = models.DecimalField(
        _("VAT at home in percent"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(50)],
    )
    zone = models.CharField(
        _("time zone"), max_length=50, default="UTC", help_text=_("Whose date an invoice has, such as Europe/Lisbon.")
    )
    footer = models.CharField(_("footer"), max_length=300, blank=True, help_text=_("Such as the register's number."))
    is_placeholder = models.BooleanField(default=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("seller")
        constraints = [models.CheckConstraint(condition=Q(id=THE_ONE), name="there_is_one_seller")]

    def __str__(self) -> str:
        return self.company
