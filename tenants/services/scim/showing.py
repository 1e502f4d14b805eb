"""People and groups as SCIM shows them; `base` is the address of SCIM on this host."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.models import ScimGroup, User
from tenants.services.scim import groups, users
from tenants.services.scim.discovery import GROUP, USER

ALWAYS = ("schemas", "id")


def user(row: User, base: str) -> dict[str, Any]:
    entry = getattr(row, "scim", None)
    shown = [
        {"value": str(group.pk), "$ref": f"{base}/Groups/{group.pk}", "display": group.display_name}
        for group in row.scim_groups.all()
    ]
    changed = entry.updated_at if entry else row.created_at
    own = users.document_of(row) | ({"groups": shown} if shown else {})
    return {"schemas": [USER], "id": str(row.pk)} | own | _meta("User", row.pk, row.created_at, changed, base)


def group(row: ScimGroup, base: str) -> dict[str, Any]:
    members = [
        {"value": str(member.pk), "$ref": f"{base}/Users/{member.pk}", "type": "User"}
        for member in sorted(row.members.all(), key=lambda member: member.pk)
    ]
    own = groups.document_of(row) | {"members": members}
    if not members:
        del own["members"]
    return {"schemas": [GROUP], "id": str(row.pk)} | own | _meta("Group", row.pk, row.created_at, row.updated_at, base)


def _meta(kind: str, pk: Any, created: datetime, changed: datetime, base: str) -> dict[str, Any]:
    times = {"created": created.isoformat(), "lastModified": changed.isoformat()}
    return {"meta": {"resourceType": kind, "location": f"{base}/{kind}s/{pk}"} | times}


def partly(document: Mapping[str, Any], *, only: str, without: str) -> dict[str, Any]:
    """The attributes that were asked for, or all but some; a sub-attribute stands for the whole of its attribute."""
    wanted, unwanted = _names(only), _names(without)
    return {
        name: value
        for name, value in document.items()
        if name in ALWAYS or (name.lower() in wanted if wanted else name.lower() not in unwanted)
    }


def _names(text: str) -> set[str]:
    plain = (part.strip().lower() for part in text.split(","))
    names = {part.removeprefix(f"{USER.lower()}:").removeprefix(f"{GROUP.lower()}:") for part in plain if part}
    return {name.partition(".")[0] for name in names}
