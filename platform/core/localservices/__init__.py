"""Embedded PostgreSQL and Valkey for development and tests: real servers out of two wheels, no installation.

Nothing here needs Django. `manage.py` and the tests call `provide(var)`; everything else reads the environment.
"""

from core.localservices.errors import ServiceError
from core.localservices.urls import complete_urls, provide

__all__ = ["ServiceError", "complete_urls", "provide"]
