"""Single sign-on on a tenant's host."""

from django.urls import path

from tenants.views import saml

urlpatterns = [
    path("saml/metadata/", saml.metadata, name="saml_metadata"),
    path("saml/login/", saml.login, name="saml_login"),
    path("saml/test/", saml.test, name="saml_test"),
    path("saml/acs/", saml.acs, name="saml_acs"),
    path("saml/slo/", saml.slo, name="saml_slo"),
]
