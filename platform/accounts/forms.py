"""What people type about accounts."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import IN_SHORT, Role
from core import tenancy

NOT_THE_SAME = _("The two passwords are not the same. Type the new one twice.")


class SignInForm(AuthenticationForm):
    """E-mail and password; the error never says which of the two was wrong."""

    error_messages = {
        "invalid_login": _("The e-mail address or the password is wrong. Check both and try again."),
        "inactive": _("The e-mail address or the password is wrong. Check both and try again."),
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = _("Email")

    def confirm_login_allowed(self, user: Any) -> None:
        """On the platform's host only its staff signs in."""
        super().confirm_login_allowed(user)
        if isinstance(tenancy.in_use(), tenancy.Platform) and not user.is_superuser:
            raise self.get_invalid_login_error()


class CodeForm(forms.Form):
    code = forms.CharField(label=_("Code"), max_length=20)


class ConfirmForm(forms.Form):
    secret = forms.CharField(max_length=200, strip=False)

    def __init__(self, *args: Any, by_password: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].label = _("Your password") if by_password else _("Code")


class PasskeyNameForm(forms.Form):
    name = forms.CharField(label=_("Name of the passkey"), max_length=60)
    answer = forms.CharField(max_length=20_000, widget=forms.HiddenInput)


class ForgotForm(forms.Form):
    email = forms.EmailField(label=_("Email"), max_length=254)


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"), max_length=200, strip=False, help_text=_("At least 12 characters.")
    )
    again = forms.CharField(label=_("New password again"), max_length=200, strip=False)

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password", again):
            raise ValidationError(NOT_THE_SAME)
        return again


class JoinForm(NewPasswordForm):
    name = forms.CharField(label=_("Your name"), max_length=120)
    field_order = ("name", "password", "again")


class ChangePasswordForm(NewPasswordForm):
    current = forms.CharField(label=_("Current password"), max_length=200, strip=False)
    field_order = ("current", "password", "again")


def roles_for(user: User) -> list[tuple[str, Any]]:
    """The roles that this person may give: only an owner makes owners."""
    return [choice for choice in Role.choices if choice[0] != Role.OWNER or user.role == Role.OWNER]


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = roles_for(by)
        self.in_short = [(label, IN_SHORT[role]) for role, label in field.choices]


class InvitePersonForm(RoleForm):
    email = forms.EmailField(label=_("Email"), max_length=254)
    name = forms.CharField(label=_("Name"), max_length=120)
    field_order = ("email", "name", "role")
