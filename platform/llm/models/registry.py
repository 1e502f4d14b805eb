"""The registry: accounts of providers, the models they offer, and what these cost."""

from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

import pgtrigger
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.triggers import refuse
from keys.fields import SealedTextField
from llm import plausible

KEY_SOURCE = RegexValidator(
    r"^(env:[A-Z][A-Z0-9_]*|file:/.+|aws:[^#\s]+(#[^#\s]+)?|vault:[^#\s]+#[^#\s]+|none:|own:)$",
    _(
        "Write env:NAME, file:/path, aws:secret-id#field, vault:mount/path#field, none: for a server without a key, "
        "or own: where tenants bring theirs."
    ),
)
LABEL = RegexValidator(r"^[a-z0-9][a-z0-9-]*$", _("Use lower-case letters, digits and hyphens."))
BASE_URL = RegexValidator(r"^https?://[^\s?#]+$", _("Write an address such as https://api.openai.com/v1."))


def check_time_zone(value: str) -> None:
    """A name of the time zone database."""
    if value not in available_timezones():
        raise ValidationError(_("Write a time zone such as America/Los_Angeles."))


def _limit(words: str) -> "models.PositiveBigIntegerField[int | None, int | None]":
    return models.PositiveBigIntegerField(
        _(words), null=True, blank=True, validators=[MinValueValidator(1, _("Leave it empty for no limit."))]
    )


class Account(models.Model):
    """An account at a provider, where its terms allow several: an address, a key, and what it allows."""

    class Structured(models.TextChoices):
        JSON_SCHEMA = "json_schema", _("JSON schema")
        JSON_OBJECT = "json_object", _("JSON object, the schema in words")
        PROMPT = "prompt", _("In words only")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    label = models.CharField(max_length=40, unique=True, validators=[LABEL])
    provider = models.CharField(max_length=40, validators=[LABEL])
    base_url = models.CharField(
        max_length=300, validators=[BASE_URL], help_text=_("{NAME} stands for a variable of the environment.")
    )
    key_source = models.CharField(max_length=300, validators=[KEY_SOURCE], help_text=_("Where its key is read from."))
    is_enabled = models.BooleanField(default=True)
    region = models.CharField(max_length=20, blank=True, help_text=_("Where data stays, such as eu; empty = anywhere."))
    trains_on_data = models.BooleanField(default=False, help_text=_("Then nothing of a candidate is ever sent there."))
    verified_at = models.DateField(null=True, blank=True, help_text=_("When its facts were last checked."))
    retires_at = models.DateField(null=True, blank=True)
    structured = models.CharField(max_length=12, choices=Structured.choices, default=Structured.JSON_SCHEMA)
    max_tokens_field = models.CharField(max_length=30, default="max_tokens")
    streams_usage = models.BooleanField(default=True, help_text=_("Counts tokens at the end of a stream when asked."))
    has_batch = models.BooleanField(default=False)
    counts_max_tokens = models.BooleanField(
        default=False, help_text=_("Its token limits count the most an answer may take, not what it took.")
    )
    time_zone = models.CharField(max_length=40, default="UTC", validators=[check_time_zone])
    requests_per_minute = _limit("requests a minute")
    requests_per_day = _limit("requests a day")
    tokens_per_minute = _limit("tokens a minute")
    tokens_per_day = _limit("tokens a day")
    in_flight = _limit("requests at once")
    key_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    key_fingerprint = models.CharField(max_length=32, blank=True, editable=False)  # a keyed hash: tells a rotation
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)  # by a person: no data file overwrites it
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "llm_account"
        ordering = ["label"]
        verbose_name = _("provider account")

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        plausible.check_region(self.region)
        plausible.check_base_url(self.base_url)
        plausible.check_key_source(self.key_source)


class Offer(models.Model):
    """A model that an account offers."""

    class Quality(models.IntegerChoices):
        SMALL = 1, _("Small")
        MEDIUM = 2, _("Medium")
        STRONG = 3, _("Strong")
        FRONTIER = 4, _("Frontier")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="offers")
    model = models.CharField(max_length=200)
    quality = models.PositiveSmallIntegerField(choices=Quality.choices)
    is_enabled = models.BooleanField(default=True)
    context_tokens = models.PositiveIntegerField(default=128_000, validators=[MinValueValidator(1000)])
    takes_temperature = models.BooleanField(default=True)
    reasoning_tokens = models.PositiveIntegerField(
        default=0, help_text=_("Spent before the answer, within its maximum.")
    )
    caches_prompts = models.BooleanField(default=False)
    takes_audio = models.BooleanField(default=False)
    parameters = models.JSONField(default=dict, blank=True, help_text=_("Sent with every request."))
    verified_at = models.DateField(null=True, blank=True)
    retires_at = models.DateField(null=True, blank=True)
    requests_per_minute = _limit("requests a minute")
    requests_per_day = _limit("requests a day")
    tokens_per_minute = _limit("tokens a minute")
    tokens_per_day = _limit("tokens a day")
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        db_table = "llm_offer"
        ordering = ["account__label", "quality", "model"]
        verbose_name = _("model")
        constraints = [models.UniqueConstraint(fields=["account", "model"], name="one_offer_a_model_and_account")]

    def __str__(self) -> str:
        return f"{self.account.label}/{self.model}"

    def clean(self) -> None:
        plausible.check_parameters(self.parameters)


def _dollars() -> "models.DecimalField[Decimal, Decimal]":
    return models.DecimalField(max_digits=10, decimal_places=4, validators=[MinValueValidator(Decimal(0))])


class Price(models.Model):
    """What a model costs from a version on, in US dollars per million tokens; never changed, only followed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="prices")
    version = models.CharField(max_length=20, help_text=_("Such as the date of the price list; ledger rows name it."))
    usd_in = _dollars()
    usd_cached = _dollars()
    usd_out = _dollars()
    batch_factor = models.DecimalField(
        max_digits=4, decimal_places=3, default=Decimal(1), validators=[MinValueValidator(Decimal("0.001"))]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "llm_price"
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "version"], name="one_price_a_version"),
            models.CheckConstraint(
                condition=models.Q(usd_in__gte=0, usd_cached__gte=0, usd_out__gte=0, batch_factor__gt=0)
                & models.Q(batch_factor__lte=1),
                name="llm_price_is_plausible",
            ),
        ]
        triggers = [refuse("llm_price_never_changes", pgtrigger.Update, "A price is followed by a new version.")]

    def __str__(self) -> str:
        return f"{self.offer} {self.version}"

    def clean(self) -> None:
        plausible.check_price(self.usd_in, self.usd_cached, self.usd_out)
        plausible.check_batch_factor(self.batch_factor)


class OwnKey(models.Model):
    """A tenant's own key for an account's server: it wins for that tenant, sealed under the tenant's key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.CharField(max_length=63)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="own_keys")
    key = SealedTextField(label="llm.own_key", subject="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "llm_own_key"
        constraints = [models.UniqueConstraint(fields=["tenant", "account"], name="one_own_key_a_tenant_and_account")]

    def __str__(self) -> str:
        return f"{self.tenant} {self.account.label}"

    def validate_constraints(self, exclude: Any = None) -> None:
        """A key that is there is replaced (llm.own_keys.give)."""
