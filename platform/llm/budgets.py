"""(stub until C is merged)"""

from dataclasses import dataclass

from llm.policy import TenantPolicy


@dataclass(frozen=True, slots=True)
class Ceiling:
    key: str
    limit_nano: int | None
    warn_nano: int
    expires_in: int
    name: str


def applying(policy: TenantPolicy, feature: str) -> tuple[Ceiling, ...]:
    return ()


def spent_nano(ceiling: Ceiling) -> int:
    return 0
