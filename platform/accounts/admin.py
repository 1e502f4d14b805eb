from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import User, normalise_email

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
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "created_at")
    fieldsets = ((None, {"fields": ("email", "name", "password", *("is_active", "is_staff"), *readonly_fields)}),)
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.is_staff = True  # whoever is added here belongs to the platform's staff
        super().save_model(request, obj, form, change)
