"""Which database and schema a model's table belongs to."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models
from django_tenants.utils import get_public_schema_name

KEYS_APP = "keys"


class SchemaRouter:
    """Keys live in their own database; everything else by schema, migrated through the owner aliases alone."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        return "keys" if model._meta.app_label == KEYS_APP else None

    db_for_write = db_for_read

    def allow_relation(self, first: models.Model, second: models.Model, **hints: Any) -> bool | None:
        mixed = (first._meta.app_label == KEYS_APP) != (second._meta.app_label == KEYS_APP)
        return False if mixed else None

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        if (app_label == KEYS_APP) != db.startswith("keys"):
            return False
        if app_label == KEYS_APP:
            return None
        public = getattr(connections[db], "schema_name", None) == get_public_schema_name()
        listed = settings.SHARED_APPS if public else settings.TENANT_APPS
        return None if apps.get_app_config(app_label).name in listed else False
