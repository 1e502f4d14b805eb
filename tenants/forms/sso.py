"""Forms of single sign-on: they check shape; services check meaning."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Role

LARGEST_UPLOAD = settings.MAX_BODY_BYTES - 16 * 1024  # the form around it counts too
GRANTABLE = [(role.value, role.label) for role in Role if role != Role.OWNER]
BLANK_ROWS = 3


class ProviderForm(forms.Form):
    """Metadata by its address, as a file or as text: exactly one of them."""

    url = forms.CharField(
        label=_("Address of the metadata"),
        required=False,
        max_length=2000,
        help_text=_("Begins with https://. We fetch it once now, and again when you ask for it."),
    )
    file = forms.FileField(label=_("Metadata file"), required=False, help_text=_("XML, at most 240 KB."))
    xml = forms.CharField(label=_("Metadata as text"), required=False, strip=False)
    entity_id = forms.CharField(label=_("Which is yours?"), required=False, max_length=1024, widget=forms.RadioSelect)
    replace = forms.BooleanField(label=_("Replace the present identity provider"), required=False)

    def clean_file(self) -> bytes:
        upload = self.cleaned_data["file"]
        if upload is None:
            return b""
        if upload.size > LARGEST_UPLOAD:
            raise forms.ValidationError(_("This file is larger than 240 KB. Give us its address instead."))
        return bytes(upload.read())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = [name for name in ("url", "file", "xml") if cleaned.get(name)]
        if not self.errors and len(given) != 1:
            raise forms.ValidationError(_("Give one of the three: the address, the file, or the text."))
        return cleaned

    def keep_text(self) -> None:
        """Show a file as text: nobody can be given a chosen file back."""
        text = {"xml": self.raw.decode("utf-8", "replace")}
        self.data = MultiValueDict({name: [value] for name, value in (dict(self.data.items()) | text).items()})

    def offer(self, entity_ids: Sequence[str]) -> None:
        """Let the person choose one of these identity providers."""
        self.fields["entity_id"].widget.choices = [(name, name) for name in entity_ids]

    @property
    def raw(self) -> bytes:
        """What was uploaded or pasted; empty where an address was given."""
        return self.cleaned_data["file"] or str(self.cleaned_data["xml"]).encode("utf-8", "replace")


class OptionsForm(forms.Form):
    """What the tenant's admin chooses about signing in."""

    sign_requests = forms.BooleanField(
        label=_("Sign our requests"), required=False, help_text=_("The provider checks them with our certificate.")
    )
    want_encrypted = forms.BooleanField(
        label=_("Refuse assertions that are not encrypted"),
        required=False,
        help_text=_("Turn encryption on in the identity provider first, with our certificate."),
    )
    allow_idp_initiated = forms.BooleanField(
        label=_("Let people start at the identity provider"),
        required=False,
        help_text=_("A tile there opens the portal. Off is safer: then each sign-in answers a request of ours."),
    )
    create_people = forms.BooleanField(
        label=_("Make an account at the first sign-in"),
        required=False,
        help_text=_("With the lowest role, unless a group below gives another. Off: people must be invited."),
    )
    email_attribute = forms.CharField(
        label=_("Attribute with the e-mail address"),
        required=False,
        max_length=200,
        help_text=_("Empty: the NameID is the address."),
    )
    name_attribute = forms.CharField(label=_("Attribute with the name"), required=False, max_length=200)
    groups_attribute = forms.CharField(label=_("Attribute with the groups"), required=False, max_length=200)


class GroupRoleForm(forms.Form):
    """One row of the allow list; a row without a group is none."""

    group = forms.CharField(label=_("Group"), required=False, max_length=200)
    role = forms.ChoiceField(label=_("Role"), choices=GRANTABLE, initial=Role.REVIEWER)


class GroupRoleFormSet(forms.BaseFormSet):
    """The allow list group -> role; nobody becomes an owner by it."""

    def clean(self) -> None:
        groups = [group for form in self.forms if (group := form.cleaned_data.get("group", "").strip())]
        if len(set(groups)) < len(groups):
            raise forms.ValidationError(_("Name each group once."))


def roles_of(rows: forms.BaseFormSet) -> dict[str, str]:
    """The allow list of a valid set of rows."""
    given = [form.cleaned_data for form in rows.forms]
    return {row["group"].strip(): row["role"] for row in given if row.get("group", "").strip()}


GroupRoles = forms.formset_factory(
    GroupRoleForm, formset=GroupRoleFormSet, extra=BLANK_ROWS, max_num=100, absolute_max=100
)


class EnforceForm(forms.Form):
    """Who may still sign in with a password."""

    break_glass = forms.TypedChoiceField(label=_("Break-glass account"), coerce=UUID)

    def __init__(self, data: Any = None, *, candidates: Sequence[User], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        choices = [(str(user.pk), f"{user.name} ({user.email})") for user in candidates]
        self.fields["break_glass"].choices = choices  # type: ignore[attr-defined]


class LinkForm(forms.Form):
    """What the identity provider calls somebody."""

    subject = forms.CharField(label=_("NameID"), max_length=512)


class EmailDomainForm(forms.Form):
    domain = forms.CharField(label=_("E-mail domain"), max_length=253, help_text=_("Such as example.com."))
