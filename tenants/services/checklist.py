"""What a new tenant does first, each with whether it is done; other apps add theirs (AppConfig.ready)."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission
from core import tenancy
from tenants.models import SamlConnection, Tenant

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Item:
    """`url_name` is a page without arguments; `done(user)` is asked in the tenant's schema."""

    key: str
    title: Text
    note: Text
    url_name: str
    permission: Permission
    done: Callable[[User], bool]
    order: int


_items: dict[str, Item] = {}


def register(item: Item) -> None:
    """Add an item, or put another in the place of the one with this key."""
    _items[item.key] = item


def items(user: User) -> list[tuple[Item, bool]]:
    """Those that this person may do, with whether they are done."""
    own = sorted((item for item in _items.values() if user.may(item.permission)), key=lambda item: item.order)
    return [(item, item.done(user)) for item in own]


def _is_branded(user: User) -> bool:
    tenant = tenancy.current()
    return bool(tenant.has_logo or tenant.brand_color != Tenant._meta.get_field("brand_color").default)


def _has_team(user: User) -> bool:
    return User.objects.exclude(pk=user.pk).exists()


def _signs_in_by_saml(user: User) -> bool:
    return SamlConnection.objects.filter(tenant_id=tenancy.current().pk, enabled=True).exists()


register(
    Item(
        "branding",
        _("Your logo and colour"),
        _("Candidates see them on every page."),
        "settings_branding",
        Permission.MANAGE_SETTINGS,
        _is_branded,
        20,
    )
)
register(
    Item(
        "single_sign_on",
        _("Single sign-on"),
        _("Your people sign in with your identity provider."),
        "sso",
        Permission.MANAGE_SIGN_IN,
        _signs_in_by_saml,
        30,
    )
)
register(
    Item(
        "team",
        _("Your team"),
        _("Invite those who rate and decide."),
        "team",
        Permission.MANAGE_PEOPLE,
        _has_team,
        40,
    )
)
