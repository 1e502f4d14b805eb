"""Signing in, as the tenant's admins set it up."""

from django.urls import path

from tenants.views import email_domains, sso, sso_people

urlpatterns = [
    path("settings/sign-in/", sso.overview, name="sso"),
    path("settings/sign-in/provider/", sso.provider, name="sso_provider"),
    path("settings/sign-in/provider/refresh/", sso.refresh, name="sso_refresh"),
    path("settings/sign-in/options/", sso.options, name="sso_options"),
    path("settings/sign-in/certificates/remove/", sso.remove_certificate, name="sso_remove_certificate"),
    path("settings/sign-in/certificate.pem", sso.certificate, name="sso_certificate"),
    path("settings/sign-in/switch/", sso.switch, name="sso_switch"),
    path("settings/sign-in/enforce/", sso.enforce, name="sso_enforce"),
    path("settings/sign-in/test/", sso.test_report, name="sso_test_report"),
    path("settings/sign-in/people/", sso_people.listing, name="sso_people"),
    path("settings/sign-in/people/<uuid:user_id>/link/", sso_people.link, name="sso_link"),
    path("settings/sign-in/people/<uuid:user_id>/unlink/", sso_people.unlink, name="sso_unlink"),
    path("settings/sign-in/domains/", email_domains.listing, name="email_domains"),
    path("settings/sign-in/domains/<uuid:domain_id>/check/", email_domains.check, name="email_domain_check"),
    path("settings/sign-in/domains/<uuid:domain_id>/remove/", email_domains.remove, name="email_domain_remove"),
]
