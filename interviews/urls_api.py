from django.urls import path

from interviews import api

urlpatterns = [
    path("api/v1/interviews/<uuid:interview_id>/turns", api.InterviewTurns.as_view(), name="api_turns"),
    path("api/v1/interviews/<uuid:interview_id>/ticket", api.EventTicket.as_view(), name="api_ticket"),
    path("api/v1/turns/<uuid:turn_id>", api.TurnDetail.as_view(), name="api_turn"),
]
