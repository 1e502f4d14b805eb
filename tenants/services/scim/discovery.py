"""What this service says of itself (RFC 7643, 5 to 7): only what it keeps is described."""

from typing import Any

CORE = "urn:ietf:params:scim:schemas:core:2.0:"
USER, GROUP = f"{CORE}User", f"{CORE}Group"
MOST_RESULTS = 200


def _attribute(name: str, type_: str = "string", **more: Any) -> dict[str, Any]:
    usual = {
        "name": name,
        "type": type_,
        "multiValued": False,
        "description": name,
        "required": False,
        "mutability": "readWrite",
        "returned": "default",
    }
    text = {"caseExact": False, "uniqueness": "none"} if type_ in ("string", "reference") else {}
    return usual | text | more


def _parts(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"subAttributes": list(parts)}


_READ = {"mutability": "readOnly"}
_USER = [
    _attribute("userName", required=True, uniqueness="server"),
    _attribute("name", "complex", **_parts(*(_attribute(one) for one in ("formatted", "familyName", "givenName")))),
    _attribute("displayName"),
    _attribute("active", "boolean", required=True, description="Without it a new person is active."),
    _attribute(
        "emails",
        "complex",
        multiValued=True,
        description="The primary one is the person's address; its domain must be a verified one.",
        **_parts(
            _attribute("value"),
            _attribute("display"),
            _attribute("type", canonicalValues=["work", "home", "other"]),
            _attribute("primary", "boolean"),
        ),
    ),
    _attribute(
        "groups",
        "complex",
        multiValued=True,
        **_READ,
        **_parts(
            _attribute("value", **_READ),
            _attribute("$ref", "reference", referenceTypes=["Group"], caseExact=True, **_READ),
            _attribute("display", **_READ),
        ),
    ),
]
_GROUP = [
    _attribute("displayName", required=True, uniqueness="server"),
    _attribute(
        "members",
        "complex",
        multiValued=True,
        **_parts(
            _attribute("value", mutability="immutable"),
            _attribute("$ref", "reference", referenceTypes=["User"], caseExact=True, mutability="immutable"),
            _attribute("type", canonicalValues=["User"], mutability="immutable"),
        ),
    ),
]


def schemas(base: str) -> list[dict[str, Any]]:
    """The schemas of what is kept; `base` is the address of SCIM on this host."""
    found = ((USER, "User", "A person of the team", _USER), (GROUP, "Group", "A group of the directory", _GROUP))
    return [
        {
            "schemas": [f"{CORE}Schema"],
            "id": urn,
            "name": name,
            "description": description,
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{urn}"},
        }
        for urn, name, description, attributes in found
    ]


def resource_types(base: str) -> list[dict[str, Any]]:
    """Users and groups."""
    return [
        {
            "schemas": [f"{CORE}ResourceType"],
            "id": name,
            "name": name,
            "endpoint": f"/{name}s",
            "schema": urn,
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{name}"},
        }
        for name, urn in (("User", USER), ("Group", GROUP))
    ]


def provider(base: str) -> dict[str, Any]:
    """What of SCIM this service does."""
    no = {"supported": False}
    return {
        "schemas": [f"{CORE}ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": no | {"maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST_RESULTS},
        "changePassword": no,
        "sort": no,
        "etag": no,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "The token that an admin of the tenant made in the settings.",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }
