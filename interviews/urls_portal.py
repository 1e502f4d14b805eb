from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views.sign_in import SignIn
from interviews.views import inviting, job_settings, portal

urlpatterns = [
    path("", portal.home, name="portal_home"),
    path("sign-in/", SignIn.as_view(), name="portal_login"),
    path("sign-out/", LogoutView.as_view(), name="portal_logout"),
    path("jobs/", portal.jobs, name="portal_jobs"),
    path("jobs/<uuid:job_id>/", portal.job, name="portal_job"),
    path("jobs/<uuid:job_id>/invite/", inviting.invite, name="portal_invite"),
    path("jobs/<uuid:job_id>/settings/", job_settings.change, name="portal_job_settings"),
    path("candidates/", portal.candidates, name="portal_candidates"),
    path("interviews/<uuid:interview_id>/", portal.interview, name="portal_interview"),
    path("interviews/<uuid:interview_id>/new-link/", inviting.new_link, name="portal_new_link"),
    path("interviews/<uuid:interview_id>/review/", portal.review, name="portal_review"),
    path("interviews/<uuid:interview_id>/review/draft/", portal.review_draft, name="portal_review_draft"),
    path("interviews/<uuid:interview_id>/decide/", portal.decide, name="portal_decide"),
    path("turns/<uuid:turn_id>/retry/", portal.retry_turn, name="portal_retry_turn"),
    path("evaluations/<uuid:evaluation_id>/retry/", portal.retry_evaluation, name="portal_retry_evaluation"),
    path("requests/<uuid:request_id>/handle/", portal.handle_request, name="portal_handle_request"),
]
