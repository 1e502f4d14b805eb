"""What a tenant's programs ask for with a key, on the tenant's host and on the API's."""

from django.urls import path

from interviews import api_programs

urlpatterns = [
    path("api/v1/jobs", api_programs.Jobs.as_view(), name="api_jobs"),
    path("api/v1/interviews", api_programs.Interviews.as_view(), name="api_interviews"),
    path("api/v1/invitations", api_programs.Invitations.as_view(), name="api_invitations"),
]
