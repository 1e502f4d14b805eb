"""System checks of the house itself."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.compatibility)
def platform_is_no_package(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """platform/ would shadow the standard library's module of that name."""
    folder = Path(settings.ROOT) / "platform"
    files = [path.name for path in folder.glob("*.py")]
    return (
        [
            Error(
                f"platform/ holds {', '.join(files)}.",
                hint="Move it into a package; see CONTRIBUTING.md.",
                id="core.E001",
            )
        ]
        if files
        else []
    )


@register(Tags.security, deploy=True)
def roles_are_apart(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The serving role must not own the tables, or the audit trail protects nothing."""
    found: list[CheckMessage] = []
    for app, owner in (("default", "owner"), ("keys", "keys_owner")):
        if settings.DATABASES[app]["USER"] == settings.DATABASES[owner]["USER"]:
            found.append(
                Error(
                    f"The database aliases {app} and {owner} use the same role.",
                    hint="Give DATABASE_URL the role candor_app and DATABASE_OWNER_URL the role candor_owner.",
                    id="core.E002",
                )
            )
    return found
