"""Forms: they check shape; services check meaning."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User, normalise_email
from compliance.selectors import ACTORS, Wanted

NAME = r"^[a-z_]+(\.[a-z_]*)?$"
ID = r"^[A-Za-z0-9_-]+$"


class TrailForm(forms.Form):
    """What of the trail is wanted; an empty field leaves nothing out. `before` is the last row of the page before."""

    kind = forms.ChoiceField(label=_("Who"), choices=[("", _("Everybody")), *ACTORS.items()], required=False)
    email = forms.EmailField(label=_("E-mail of a person"), required=False)
    row = forms.RegexField(
        ID, label=_("Row or candidate (id)"), max_length=40, required=False, error_messages={"invalid": _("Use an id.")}
    )
    action = forms.RegexField(
        NAME,
        label=_("What was done"),
        max_length=60,
        required=False,
        error_messages={"invalid": _("Use the name of an act, or its beginning: interview.viewed, interview.")},
    )
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def clean_email(self) -> User | None:
        email = normalise_email(self.cleaned_data["email"])
        if not email:
            return None
        user = User.objects.filter(email=email).first()
        if user is None:
            raise forms.ValidationError(_("Nobody in the team has this address."))
        return user

    def clean_since(self) -> date | None:
        return _within_calendar(self.cleaned_data["since"])

    def clean_until(self) -> date | None:
        return _within_calendar(self.cleaned_data["until"])

    def wanted(self) -> Wanted:
        """What the valid form asks for."""
        data: dict[str, Any] = self.cleaned_data
        return Wanted(
            kind=data["kind"],
            actor_id=data["email"].pk if data["email"] else None,
            row=data["row"],
            act=data["action"],
            since=data["since"],
            until=data["until"],
            before=data["before"],
        )


def _within_calendar(day: date | None) -> date | None:
    if day and not 2000 <= day.year <= 2200:
        raise forms.ValidationError(_("Use a year from 2000 to 2200."))
    return day
