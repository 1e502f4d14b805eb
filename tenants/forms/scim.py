"""The forms of SCIM's settings: they check shape; the service checks meaning."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.roles import Role
from tenants.forms.api_keys import OVERLAPS
from tenants.services.scim.connection import LONGEST_GROUP
from tenants.services.scim.roles import GRANTABLE


class TokenForm(forms.Form):
    """`hours` is for how long the old token still works."""

    hours = forms.TypedChoiceField(label=_("The old token ends"), choices=OVERLAPS, coerce=int, initial=24)

    @property
    def overlap(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["hours"])


class GroupRolesForm(forms.Form):
    """A line a group: `group = role`."""

    group_roles = forms.CharField(
        label=_("Roles of groups"),
        required=False,
        max_length=30_000,
        widget=forms.Textarea,
        help_text=_("One line for each group, such as: Talent team = recruiter"),
    )

    def clean_group_roles(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in filter(None, map(str.strip, self.cleaned_data["group_roles"].splitlines())):
            name, _equals, role = (part.strip() for part in line.rpartition("="))
            if not name or len(name) > LONGEST_GROUP or role.lower() not in GRANTABLE:
                said = _("Write “%(line)s” as: group = role. Roles are %(roles)s.")
                raise forms.ValidationError(said % {"line": line[:80], "roles": ", ".join(GRANTABLE)})
            found[name] = Role(role.lower()).value
        return found
