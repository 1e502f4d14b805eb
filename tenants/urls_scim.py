"""SCIM for the tenant's directory, and the page where an admin sets it up."""

from django.urls import path

from tenants.views import scim, scim_settings

urlpatterns = [
    path("settings/scim/", scim_settings.page, name="scim_settings"),
    path("settings/scim/token/", scim_settings.token, name="scim_token"),
    path("settings/scim/end/", scim_settings.end, name="scim_end"),
    path("scim/v2/ServiceProviderConfig", scim.provider, name="scim_provider"),
    path("scim/v2/ResourceTypes", scim.resource_types, name="scim_resource_types"),
    path("scim/v2/ResourceTypes/<str:name>", scim.resource_types, name="scim_resource_type"),
    path("scim/v2/Schemas", scim.schemas, name="scim_schemas"),
    path("scim/v2/Schemas/<str:name>", scim.schemas, name="scim_schema"),
    path("scim/v2/Users", scim.user_list, name="scim_users"),
    path("scim/v2/Users/<uuid:user_id>", scim.user_detail, name="scim_user"),
    path("scim/v2/Groups", scim.group_list, name="scim_groups"),
    path("scim/v2/Groups/<uuid:group_id>", scim.group_detail, name="scim_group"),
    path("scim/v2/<path:rest>", scim.unknown, name="scim_unknown"),
]
