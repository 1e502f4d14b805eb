"""Encrypted model fields: plain text in Python, AES-256-GCM in the database.

The associated data is tenant UUID | field label | row id | key version, so a ciphertext that is moved
to another row, field or tenant does not open, and a renamed schema still reads.
"""

import struct
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.query_utils import DeferredAttribute

from core import tenancy
from keys import ring
from keys.box import CannotOpen, open_box, seal_box

HEADER = struct.Struct(">BH")  # format, key version
FORMAT = 1


class NotSealed(TypeError):
    """Plain text was about to reach the database: an encrypted field needs its row to seal for."""


class SealedAttribute(DeferredAttribute):
    """Opens the ciphertext when somebody reads it, and not before."""

    field: "SealedTextField"

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if isinstance(value, bytes | memoryview):
            value = instance.__dict__[self.field.attname] = self.field.open_for(instance, bytes(value))
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedTextField(models.BinaryField):
    """Text that is sealed under the key of the row's subject (a candidate), or the tenant's own.

    :param label: names the place in the associated data; never changes, even when the model is renamed.
    :param subject: the attribute with the subject's UUID; "" seals under the tenant's key.
    """

    descriptor_class = SealedAttribute
    if TYPE_CHECKING:  # what django-stubs reads: text in and out, although bytes are stored
        _pyi_private_set_type: str | Combinable
        _pyi_private_get_type: str  # type: ignore[assignment]

    def __init__(self, *args: Any, label: str, subject: str = "subject_id", **kwargs: Any) -> None:
        self.label, self.subject = label, subject
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, kwargs | {"label": self.label, "subject": self.subject}

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        value = model_instance.__dict__.get(self.attname)
        return bytes(value) if isinstance(value, bytes | memoryview) else self.seal_for(model_instance, value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, str):
            raise NotSealed(f"{self.label}: use state.move or save(), not update() with plain text.")
        return super().get_db_prep_value(value, connection, prepared)

    def seal_for(self, row: models.Model, text: str | None) -> bytes | None:
        """The ciphertext of `text` for this row, or None."""
        if text is None:
            return None
        tenant_id = tenancy.tenant_id()
        cipher = AESGCM(self._key(row, tenant_id))
        sealed = seal_box(cipher, text.encode(), self._context(tenant_id, row, ring.VERSION))
        return HEADER.pack(FORMAT, ring.VERSION) + sealed

    def open_for(self, row: models.Model, sealed: bytes) -> str:
        """:raises CannotOpen: if it was sealed for another place. :raises keys.ring.KeyDestroyed: after erasure."""
        tenant_id = tenancy.tenant_id()
        kind, version = HEADER.unpack_from(sealed) if len(sealed) >= HEADER.size else (0, 0)
        if kind != FORMAT:
            raise CannotOpen(f"{self.label}: unknown format {kind}.")
        cipher = AESGCM(self._key(row, tenant_id))
        return open_box(cipher, sealed[HEADER.size :], self._context(tenant_id, row, version)).decode()

    def _key(self, row: models.Model, tenant_id: UUID) -> bytes:
        if self.subject:
            return ring.subject_key(tenant_id, getattr(row, self.subject))
        return ring.derived(tenant_id, "fields")

    def _context(self, tenant_id: UUID, row: models.Model, version: int) -> bytes:
        return f"{tenant_id}|{self.label}|{row.pk}|{version}".encode()
