"""Logos: what was uploaded is never served; a PNG that we drew from it is."""

import io

from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from core import audit, tenancy
from tenants.models import Logo, Tenant

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 4_000_000
EDGE = 256  # pixels of the longer side


class BadLogo(ValueError):
    """The file is not an image that can be used; the message says what to upload."""


def redraw(content: bytes) -> bytes:
    """The image as a PNG of at most 256 by 256 pixels, drawn anew: nothing else of the file survives.

    :param content: a PNG, JPEG or WebP file.
    :raises BadLogo: for anything else.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadLogo(_("The image has too many pixels; use one of at most 2000 by 2000."))
            drawn = image.convert("RGBA")
    except BadLogo:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise BadLogo(_("Upload a PNG, JPEG or WebP image.")) from error
    drawn.info.clear()  # a colour profile would be written again as it came
    drawn.thumbnail((EDGE, EDGE))
    out = io.BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return out.getvalue()


@transaction.atomic
def store(*, tenant: Tenant, png: bytes) -> None:
    """Make what `redraw` gave the tenant's logo."""
    Logo.objects.update_or_create(tenant=tenant, defaults={"png": png})
    Tenant.objects.filter(pk=tenant.pk).update(has_logo=True)
    audit.record("tenant.logo_set", tenant, bytes=len(png))
    transaction.on_commit(tenancy.forget)
