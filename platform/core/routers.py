"""Which database and schema a model's table belongs to."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models
from django_tenants.utils import get_public_schema_name

from core.tenancy import REPLICA

KEYS_APP = "keys"


class SchemaRouter:
    """Keys live in their own database; everything else by schema, migrated through the owner aliases alone."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        return "keys" if model._meta.app_label == KEYS_APP else None

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str | None:
        """What was read from the replica is written where everything is."""
        if model._meta.app_label == KEYS_APP:
            return "keys"
        return DEFAULT_DB_ALIAS if _read_from(hints.get("instance")) == REPLICA else None

    def allow_relation(self, first: models.Model, second: models.Model, **hints: Any) -> bool | None:
        mixed = (first._meta.app_label == KEYS_APP) != (second._meta.app_label == KEYS_APP)
        if mixed:
            return False
        return True if {_read_from(first), _read_from(second)} == {DEFAULT_DB_ALIAS, REPLICA} else None

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        if (app_label == KEYS_APP) != db.startswith("keys"):
            return False
        if app_label == KEYS_APP:
            return None
        public = getattr(connections[db], "schema_name", None) == get_public_schema_name()
        listed = settings.SHARED_APPS if public else settings.TENANT_APPS
        return None if apps.get_app_config(app_label).name in listed else False


def _read_from(instance: models.Model | None) -> str | None:
    return instance._state.db if instance is not None else None
