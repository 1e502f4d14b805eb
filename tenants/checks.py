from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from tenants.services import schemas


@register(Tags.database)
def every_schema_is_complete(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A missing table in a tenant's schema would silently read public's."""
    try:
        missing = schemas.missing_tables()
    except DatabaseError:
        return []  # nothing is migrated yet
    return [
        Error(f"The schema {schema} lacks {', '.join(tables)}.", hint="Run manage.py migrate_all.", id="tenants.E001")
        for schema, tables in missing.items()
    ]
