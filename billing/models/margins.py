"""A place in the admin for the pages about the margin."""

from django.utils.translation import gettext_lazy as _

from billing.models.invoices import InvoiceLine


class Margin(InvoiceLine):
    """No rows of its own: the admin shows pages in their place (billing.admin)."""

    class Meta:
        proxy = True
        verbose_name = _("margin")
        verbose_name_plural = _("margin")
