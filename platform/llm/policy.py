"""What a caller lets the gateway do for one tenant."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TenantPolicy:
    """The tenant's schema name, and where its calls may go ("" = anywhere)."""

    schema: str
    region: str = ""
    provider: str = ""
