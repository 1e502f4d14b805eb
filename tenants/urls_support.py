from django.urls import path

from tenants.views import support

urlpatterns = [
    path("support/enter/<str:token>", support.enter, name="support_enter"),
    path("support/leave/", support.leave, name="support_leave"),
    path("settings/support/", support.settings, name="support_settings"),
    path("settings/support/<uuid:grant_id>/", support.grant, name="support_grant"),
    path("settings/support/<uuid:grant_id>/approve/", support.approve, name="support_approve"),
    path("settings/support/<uuid:grant_id>/refuse/", support.refuse, name="support_refuse"),
    path("settings/support/<uuid:grant_id>/revoke/", support.revoke, name="support_revoke"),
]
