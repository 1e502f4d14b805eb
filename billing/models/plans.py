"""What is on offer."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

# The terms: none of them ever changes. Whoever bought them keeps them until they choose others.
TERMS = (
    *("code", "family", "version", "tenant_id", "price_usd", "interviews_a_month", "overage_price_usd", "most_overage"),
    *("trial_interviews", "trial_days", "seats", "turns_at_once", "api_calls_a_minute", "retention_days", "sla"),
    *("sso", "scim", "own_keys", "custom_domain", "voice"),
)


def _row(name: str) -> str:
    return f"ROW({', '.join(f'{name}.{column}' for column in TERMS)})"


class Plan(models.Model):
    """One version of a plan's terms: another price, quota or entitlement is another version (another row).

    `family` is what a person chooses ("professional"); its newest version that was not withdrawn is on offer. A row
    with a tenant is a contract: on offer to that tenant alone. An overage without a price is refused (the plan blocks).
    """

    code = models.SlugField(primary_key=True, max_length=40)
    family = models.SlugField(max_length=40, db_default="")
    version = models.PositiveSmallIntegerField(default=1, db_default=1)
    name = models.CharField(max_length=60)
    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="contracts",
        help_text=_("Whose contract this is; empty = on offer to everybody."),
    )
    price_usd = models.DecimalField(_("price a month in dollars"), max_digits=10, decimal_places=2)
    interviews_a_month = models.PositiveIntegerField()
    overage_price_usd = models.DecimalField(
        _("price of one more interview"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Empty: no interview beyond those included."),
    )
    most_overage = models.PositiveIntegerField(
        _("most interviews beyond the included"),
        default=0,
        db_default=0,
        help_text=_("A tenant chooses how many of them it allows."),
    )
    trial_interviews = models.PositiveSmallIntegerField(default=10, db_default=10)
    trial_days = models.PositiveSmallIntegerField(default=14, db_default=14)
    seats = models.PositiveIntegerField(null=True, blank=True, help_text=_("People at the same time; empty = any."))
    turns_at_once = models.PositiveSmallIntegerField(
        default=20, help_text=_("Replies that are written for the tenant at the same time; the others wait.")
    )
    api_calls_a_minute = models.PositiveIntegerField(
        _("API calls a minute"), default=60, db_default=60, help_text=_("Of all keys of a tenant together.")
    )
    retention_days = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("For how many days data may be kept: the choices."),
    )
    sla = models.CharField(_("SLA"), max_length=40, blank=True, db_default="", help_text=_("Such as 99.9% a month."))
    sso = models.BooleanField(_("single sign-on"), default=False, db_default=True)
    scim = models.BooleanField(_("directory (SCIM)"), default=False, db_default=True)
    own_keys = models.BooleanField(
        _("own keys"),
        default=False,
        db_default=False,
        help_text=_("Its tenants' own keys at model providers are used for them."),
    )
    custom_domain = models.BooleanField(_("domain of its own"), default=False, db_default=True)
    voice = models.BooleanField(_("voice"), default=False, db_default=False)
    stripe_price = models.CharField(
        _("price at Stripe"), max_length=100, blank=True, db_default="", help_text=_("Its id there (price_…).")
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text=_("Since then nobody new may choose it."))

    class Meta:
        ordering = ["price_usd", "family", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["family", "version"], condition=~Q(family=""), name="one_row_a_version_of_a_plan"
            ),
            models.CheckConstraint(
                condition=Q(price_usd__gte=0),
                name="a_plan_costs_nothing_or_more",
                violation_error_message=_("A plan costs nothing or more: the price can't be negative."),
            ),
            models.CheckConstraint(
                condition=Q(overage_price_usd=None, most_overage=0) | Q(overage_price_usd__gt=0),
                name="an_overage_has_a_price",
                violation_error_message=_("Interviews beyond the included need a price above nothing, and a number."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="the_terms_of_a_plan_never_change",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(f"{_row('OLD')} IS DISTINCT FROM {_row('NEW')}"),
                func="""
                    RAISE EXCEPTION 'The terms of a plan never change: add a version.'
                        USING ERRCODE = 'insufficient_privilege';
                """,
            )
        ]

    def __str__(self) -> str:
        return self.name if self.version == 1 else f"{self.name} ({_('version')} {self.version})"
