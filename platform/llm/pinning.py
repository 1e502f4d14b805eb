"""One model alone: for measurements, which say what this model does and not what the router chose."""

from dataclasses import replace

from django.utils.translation import gettext as _

from llm import features, health, registry, router
from llm.policy import TenantPolicy
from llm.router import Need


class NotUsable(LookupError):
    """No model that calls may go to has this name, or there is none at all; the message says which there are."""


def names() -> tuple[str, ...]:
    """The models that calls may go to by the platform's keys, as "account/model"."""
    return tuple(target.name for target in registry.targets() if not target.takes_audio)


def has_price(name: str) -> bool:
    """Whether it is known what this model ("account/model") costs."""
    return any(target.name == name and target.price is not None for target in registry.targets())


def to(policy: TenantPolicy, name: str, *, feature: str) -> TenantPolicy:
    """The policy with one model alone: the named one ("account/model", or "model"), or that which is asked first.

    :raises NotUsable: where no call can go there.
    """
    there = names()
    if not there:
        raise NotUsable(
            _(
                "No model is configured. Set OPENAI_BASE_URL and LLM_MODEL for a server of your own, or the key of a"
                " provider (such as OPENAI_API_KEY); .env.example lists them."
            )
        )
    found = _first(policy, feature) if not name else next((one for one in there if _is(one, name)), "")
    if not found:
        raise NotUsable(_("%(name)s is no model in use. There are: %(names)s.") % {"name": name, "names": _list(there)})
    return replace(policy, models=frozenset({found}))


def _is(known: str, name: str) -> bool:
    return name in (known, known.partition("/")[2], known.rstrip("/"))


def _first(policy: TenantPolicy, name: str) -> str:
    """The model that a call of this feature goes to while all is well."""
    feature = features.named(name)
    need = Need(feature.complexity, feature.most_in, feature.most_out, policy)
    route = router.order(registry.targets(), need, health.states())
    return route.candidates[0].target.name if route.candidates else ""


def _list(known: tuple[str, ...]) -> str:
    return ", ".join(sorted(known))
