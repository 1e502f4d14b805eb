from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import User, normalise_email
from accounts.services import people, second_factor
from core import audit

admin.site.unregister(Group)  # roles are a matrix in code (accounts.roles)


class NewPersonForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        return normalise_email(self.cleaned_data["email"])


class PersonForm(UserChangeForm):
    class Meta:
        model = User
        fields = ("email", "name", "password", "is_active", "is_staff")

    def clean_email(self) -> str:
        return normalise_email(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        """Nobody locks the platform's staff out of the admin."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        stays = cleaned.get("is_active") and cleaned.get("is_staff")
        others = User.objects.filter(is_active=True, is_staff=True).exclude(pk=self.instance.pk)
        if not stays and not others.exists():
            raise forms.ValidationError(_("The last one who may enter stays: add a colleague first."))
        return cleaned


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """The platform's own staff (the public schema's users)."""

    form = PersonForm
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ()
    filter_horizontal = ()
    ordering = ("email",)
    actions = ("reset_second_factor",)
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "created_at")
    fieldsets = ((None, {"fields": ("email", "name", "password", *("is_active", "is_staff"), *readonly_fields)}),)
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Who may no longer enter is out at once: sessions and grants of support end with it."""
        if not change:
            obj.is_staff = True  # whoever is added here belongs to the platform's staff
            super().save_model(request, obj, form, change)
            audit.record("user.created", obj, source="admin")
            return
        before = User.objects.get(pk=obj.pk)
        wanted, obj.is_active = obj.is_active, before.is_active
        super().save_model(request, obj, form, change)
        if before.is_active and not (wanted and obj.is_staff):
            people.disable(user_id=obj.pk, source="admin")
        if wanted and not before.is_active:
            people.enable(user_id=obj.pk, source="admin")

    @admin.action(description=_("Reset the second factor: sessions end, a new one is set up at the next sign-in"))
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            if user.pk == request.user.pk:
                messages.error(request, _("Your own second factor is changed under Your account."))
                continue
            second_factor.reset(user_id=user.pk)
            said = _("The second factor of %(email)s is reset.") % {"email": user.email}
            self.log_change(request, user, said)
            messages.success(request, said)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # the audit trail names them: switch them off
