"""What people may call themselves: subdomains of strangers, names of companies and of people."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from tenants.models import Tenant, check_subdomain
from tenants.models.tenants import RESERVED

LONGEST_SUBDOMAIN = 40
TRIED = 50
NOT_IN_A_LABEL = re.compile(r"[^a-z0-9]+")
DISGUISED = re.compile(r"[0-9-]|rn|vv")
LOOKS_LIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "3": "e", "5": "s", "-": ""})


class Taken(ValidationError):
    """Another company has this subdomain."""


def clean_subdomain(given: str) -> str:
    """The subdomain in lower case.

    :raises django.core.exceptions.ValidationError: if it can't be one; the message says why and what to do.
    """
    given = given.strip()
    for character in given:
        if not character.isascii():
            name = unicodedata.name(character, _("a character without a name")).capitalize()
            raise ValidationError(
                _("“%(character)s” is %(name)s: an address may hold only the letters a to z, digits and hyphens.")
                % {"character": character, "name": name}
            )
    value = given.lower()
    if value[2:4] == "--":
        raise ValidationError(_("Two hyphens in the third and fourth place mark an encoded name. Choose another one."))
    check_subdomain(value)
    if DISGUISED.search(value) and _skeleton(value) in _RESERVED_SKELETONS:
        raise ValidationError(_("This looks like a name of the platform's own. Choose another one."))
    return value


def require_free(subdomain: str) -> None:
    """:raises Taken: with a free one that is near."""
    if Tenant.objects.filter(subdomain=subdomain).exists():
        raise Taken(_("This address is taken. “%(other)s” is free.") % {"other": suggest(subdomain)}, code="taken")


def suggest(company: str) -> str:
    """A free subdomain made from a name; empty if the name holds nothing to make one from."""
    plain = unicodedata.normalize("NFKD", company).encode("ascii", "ignore").decode().lower()
    base = NOT_IN_A_LABEL.sub("-", plain).strip("-0123456789")[: LONGEST_SUBDOMAIN - 3].strip("-")
    taken = set(Tenant.objects.filter(subdomain__startswith=base).values_list("subdomain", flat=True))
    for number in range(1, TRIED):
        candidate = base if number == 1 else f"{base}-{number}"
        if candidate not in taken and _is_possible(candidate):
            return candidate
    return ""


def clean_name(given: str) -> str:
    """A name on one line, without anything that can't be seen.

    :raises django.core.exceptions.ValidationError: if it is empty or holds control characters.
    """
    value = " ".join(unicodedata.normalize("NFC", given).split(" ")).strip()
    if not value or not value.isprintable():
        raise ValidationError(_("Write the name on one line, without invisible characters."))
    return value


def _is_possible(value: str) -> bool:
    try:
        clean_subdomain(value)
    except ValidationError:
        return False
    return True


def _skeleton(value: str) -> str:
    return value.replace("rn", "m").replace("vv", "w").translate(LOOKS_LIKE)


_RESERVED_SKELETONS = frozenset(_skeleton(name) for name in RESERVED)
