from django.contrib import admin
from django.contrib.auth.models import Group
from unfold.admin import ModelAdmin

from accounts.models import User

admin.site.unregister(Group)  # roles are a matrix in code (accounts.roles)


@admin.register(User)
class UserAdmin(ModelAdmin):
    """The platform's own staff (the public schema's users)."""

    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    search_fields = ("email", "name")
    fields = ("email", "name", "is_active", "is_staff", "last_login", "created_at")
    readonly_fields = ("last_login", "created_at")
