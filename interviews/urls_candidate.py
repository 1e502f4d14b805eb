from django.urls import path

from interviews.views import candidate, opening

urlpatterns = [
    path("i/<str:token>", candidate.link, name="candidate_link"),
    path("interview/<uuid:interview_id>/", candidate.home, name="candidate_home"),
    path("interview/<uuid:interview_id>/consent/", opening.consent_page, name="candidate_consent"),
    path("interview/<uuid:interview_id>/adjustment/", opening.adjustment, name="candidate_adjustment"),
    path("interview/<uuid:interview_id>/notice/", opening.notice, name="candidate_notice"),
    path("interview/<uuid:interview_id>/ready/", opening.ready, name="candidate_ready"),
    path("interview/<uuid:interview_id>/answer/", candidate.answer, name="candidate_answer"),
    path("interview/<uuid:interview_id>/draft/", candidate.draft, name="candidate_draft"),
    path("interview/<uuid:interview_id>/retry/", candidate.retry, name="candidate_retry"),
    path("interview/<uuid:interview_id>/review/", candidate.review, name="candidate_review"),
]
