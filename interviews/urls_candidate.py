from django.urls import path

from interviews.views import candidate, choices, ending, feedback, opening, room

urlpatterns = [
    path("i/<str:token>", candidate.link, name="candidate_link"),
    path("interview/<uuid:interview_id>/", candidate.home, name="candidate_home"),
    path("interview/<uuid:interview_id>/consent/", opening.consent_page, name="candidate_consent"),
    path("interview/<uuid:interview_id>/adjustment/", opening.adjustment, name="candidate_adjustment"),
    path("interview/<uuid:interview_id>/notice/", opening.notice, name="candidate_notice"),
    path("interview/<uuid:interview_id>/ready/", opening.ready, name="candidate_ready"),
    path("interview/<uuid:interview_id>/answer/", room.answer, name="candidate_answer"),
    path("interview/<uuid:interview_id>/draft/", room.draft, name="candidate_draft"),
    path("interview/<uuid:interview_id>/state/", room.state, name="candidate_state"),
    path("interview/<uuid:interview_id>/retry/", room.retry, name="candidate_retry"),
    path("interview/<uuid:interview_id>/pause/", choices.pause, name="candidate_pause"),
    path("interview/<uuid:interview_id>/resume/", choices.resume, name="candidate_resume"),
    path("interview/<uuid:interview_id>/skip/", choices.skip, name="candidate_skip"),
    path("interview/<uuid:interview_id>/flag/", choices.flag, name="candidate_flag"),
    path("interview/<uuid:interview_id>/help/", choices.help_page, name="candidate_help"),
    path("interview/<uuid:interview_id>/review/", ending.review, name="candidate_review"),
    path("interview/<uuid:interview_id>/receipt/", ending.receipt, name="candidate_receipt"),
    path("interview/<uuid:interview_id>/answers/", ending.answers, name="candidate_answers"),
    path("interview/<uuid:interview_id>/rate/", ending.rate, name="candidate_rate"),
    path("interview/<uuid:interview_id>/ask/<slug:kind>/", ending.ask, name="candidate_ask"),
    path("interview/<uuid:interview_id>/withdraw/", ending.withdraw, name="candidate_withdraw"),
    path("interview/<uuid:interview_id>/thumb/", feedback.thumb, name="candidate_thumb"),
    path("interview/<uuid:interview_id>/contest/", feedback.contest, name="candidate_contest"),
    path("interview/<uuid:interview_id>/letter/", feedback.letter, name="candidate_letter"),
]
