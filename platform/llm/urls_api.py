"""Answered on the hosts of the API, of the admin (where the platform's staff signs in), and of each tenant."""

from django.urls import path

from llm import api

urlpatterns = [path("api/optimization_stats", api.OptimizationStats.as_view(), name="api_optimization_stats")]
