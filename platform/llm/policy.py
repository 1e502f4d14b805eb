"""What a caller lets the gateway do for one tenant."""

from dataclasses import dataclass
from uuid import UUID

from llm.targets import Target

PLATFORM = "public"  # the schema of calls that the platform makes for itself: no tenant's words are in them


@dataclass(frozen=True, slots=True)
class TenantPolicy:
    """The tenant's schema name, and what it allows.

    :param region: where its data must stay, such as "eu"; "" = anywhere.
    :param providers: the only ones that may be asked; empty = any.
    :param models: the only ones that may be asked, as Target.name says them ("account/model"); empty = any.
    :param own_keys: whether keys of its own (llm.models.OwnKey) win over the platform's.
    :param group_id: what its calls are counted under beside the tenant (a job, say): an own budget may be for it.
    """

    schema: str
    region: str = ""
    providers: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    own_keys: bool = False
    group_id: UUID | None = None

    def allows(self, target: Target) -> bool:
        """Whether its data may go there at all, by region, provider and model."""
        return (
            self.region in ("", target.region)
            and (not self.providers or target.provider in self.providers)
            and (not self.models or target.name in self.models)
        )
