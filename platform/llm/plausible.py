"""What a row of the registry may say: refused with a reason before it could spend anything."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from llm.environment import PLACE

LEAST_USD, MOST_USD = Decimal("0.005"), Decimal(1000)
REGIONS = ("au", "br", "ca", "ch", "cn", "eu", "in", "jp", "kr", "sg", "uk", "us")
PASTED = _("This looks like a key. A key never belongs here.")
SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|_URL$")
# Prefixes that providers give their keys, or a long run of letters and digits that no name has.
LIKE_A_KEY = re.compile(
    r"\b(?:sk|pk|rk|gsk|csk|xai|hf|nvapi|fw|tgp|r8|ghp|gho|hvs|AKIA|AIza)[-_]?[A-Za-z0-9][\w-]{7,}"
    r"|(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{40,}"
)


def looks_like_a_key(text: str) -> bool:
    """Whether somebody seems to have pasted a key where a name or an address belongs."""
    return LIKE_A_KEY.search(text) is not None


def check_no_key(text: str) -> None:
    """:raises ValidationError: if it looks like a key."""
    if looks_like_a_key(text):
        raise ValidationError(PASTED)


def check_region(region: str) -> None:
    """:raises ValidationError: at `region`."""
    if region and region not in REGIONS:
        known = ", ".join(REGIONS)
        raise ValidationError({"region": _("Unknown region. Leave it empty, or write one of: %s.") % known})


def check_base_url(address: str) -> None:
    """:raises ValidationError: at `base_url`, where a key would be in the address or could be sent by it."""
    if "@" in urlsplit(PLACE.sub("x", address)).netloc:
        raise ValidationError({"base_url": _("Leave name and password out of the address.")})
    if any(SECRET_NAME.search(name) for name in PLACE.findall(address)):
        raise ValidationError({"base_url": _("A variable that holds a secret does not belong into an address.")})


def check_key_source(source: str) -> None:
    """:raises ValidationError: at `key_source`, for a file that holds a secret of Candor's own."""
    kind, _colon, name = source.partition(":")
    if kind != "file":
        return
    path, own = Path(name).resolve(), Path(settings.VAR).resolve()
    if path == Path(settings.KEK_FILE).resolve() or path.is_relative_to(own) or path.is_relative_to("/proc"):
        raise ValidationError({"key_source": _("This file is Candor's own, not a provider's key.")})


def check_parameters(parameters: Any) -> None:
    """:raises ValidationError: at `parameters`, where they are no object or hold what the gateway writes itself."""
    if not isinstance(parameters, dict):
        raise ValidationError({"parameters": _('Write an object, such as {"reasoning_effort": "low"}.')})
    if {"model", "messages", "stream"} & parameters.keys():
        raise ValidationError({"parameters": _("Model, messages and stream are set by the gateway.")})


def check_price(usd_in: Decimal | None, usd_cached: Decimal | None, usd_out: Decimal | None) -> None:
    """:raises ValidationError: at the price that is out of the ordinary; what is no number was refused before."""
    for name, dollars in (("usd_in", usd_in), ("usd_cached", usd_cached), ("usd_out", usd_out)):
        if dollars is not None and dollars > MOST_USD:
            reason = _("More than $%(most)s per million tokens: is the unit right?") % {"most": f"{MOST_USD:,}"}
            raise ValidationError({name: reason})
    for name, dollars in (("usd_in", usd_in), ("usd_out", usd_out)):
        if dollars is not None and 0 < dollars < LEAST_USD:
            reason = _("Less than $%(least)s per million tokens: is the unit right?") % {"least": LEAST_USD}
            raise ValidationError({name: reason})
    if usd_in is not None and usd_out is not None and usd_out < usd_in:
        raise ValidationError({"usd_out": _("Tokens out cost no less than tokens in: is one of them mistyped?")})
    if usd_in is not None and usd_cached is not None and usd_cached > usd_in:
        raise ValidationError({"usd_cached": _("Cached tokens cost no more than fresh ones.")})


def check_batch_factor(factor: Decimal | None) -> None:
    """:raises ValidationError: at `batch_factor`, where a batch would cost more than live calls."""
    if factor is not None and factor > 1:
        raise ValidationError({"batch_factor": _("A part of the price of a live call: 0.5 is half, 1 is no less.")})
