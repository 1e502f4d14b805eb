from django.urls import path

from tenants.views import api_keys

urlpatterns = [
    path("settings/api-keys/", api_keys.keys, name="api_keys"),
    path("settings/api-keys/<uuid:key_id>/rotate/", api_keys.rotate, name="api_key_rotate"),
    path("settings/api-keys/<uuid:key_id>/revoke/", api_keys.revoke, name="api_key_revoke"),
]
