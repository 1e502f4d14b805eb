"""The public site's way to a company's own."""

from django.urls import path

from tenants.views import discovery

urlpatterns = [path("sign-in/", discovery.find, name="find_company")]
