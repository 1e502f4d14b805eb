"""Pages for who checks that the company keeps its word."""

from django.urls import path

from compliance import views

urlpatterns = [path("audit/", views.trail, name="audit_trail")]
