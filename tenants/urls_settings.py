"""Settings of a tenant, on its host."""

from django.urls import path

from tenants.views import appearance, closing, custom_domains, settings_pages

urlpatterns = [
    path("settings/", settings_pages.index, name="settings"),
    path("settings/branding/", appearance.change, name="settings_branding"),
    path("settings/domains/", custom_domains.listing, name="settings_domains"),
    path("settings/domains/platform/primary/", custom_domains.platform_primary, name="settings_domain_platform"),
    path("settings/domains/<uuid:domain_id>/check/", custom_domains.check, name="settings_domain_check"),
    path("settings/domains/<uuid:domain_id>/primary/", custom_domains.primary, name="settings_domain_primary"),
    path("settings/domains/<uuid:domain_id>/remove/", custom_domains.remove, name="settings_domain_remove"),
    path("settings/close/", closing.close, name="settings_close"),
    path("settings/close/cancel/", closing.cancel, name="settings_close_cancel"),
    path("settings/close/export/", closing.export, name="settings_export"),
    path("settings/close/export/<uuid:export_id>/", closing.download, name="settings_export_download"),
]
