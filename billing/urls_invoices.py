"""Invoices as files, on a tenant's host."""

from django.urls import path

from billing.views import invoices

urlpatterns = [path("billing/invoices/<uuid:invoice_id>.pdf", invoices.pdf, name="billing_invoice_pdf")]
