from django.urls import path

from interviews.views import assigning, calibrating, inviting, job_settings, portal, reviewing

urlpatterns = [
    path("", portal.home, name="portal_home"),
    path("jobs/", portal.jobs, name="portal_jobs"),
    path("jobs/<uuid:job_id>/", portal.job, name="portal_job"),
    path("jobs/<uuid:job_id>/invite/", inviting.invite, name="portal_invite"),
    path("jobs/<uuid:job_id>/settings/", job_settings.change, name="portal_job_settings"),
    path("jobs/<uuid:job_id>/people/", assigning.assign_job, name="portal_assign_job"),
    path("jobs/<uuid:job_id>/people/<uuid:user_id>/remove/", assigning.unassign_job, name="portal_unassign_job"),
    path("candidates/", portal.candidates, name="portal_candidates"),
    path("interviews/<uuid:interview_id>/", portal.interview, name="portal_interview"),
    path("interviews/<uuid:interview_id>/new-link/", inviting.new_link, name="portal_new_link"),
    path("interviews/<uuid:interview_id>/review/", reviewing.review, name="portal_review"),
    path("interviews/<uuid:interview_id>/review/draft/", reviewing.review_draft, name="portal_review_draft"),
    path("interviews/<uuid:interview_id>/decide/", portal.decide, name="portal_decide"),
    path("interviews/<uuid:interview_id>/reviewers/", assigning.assign_interview, name="portal_assign_interview"),
    path(
        "interviews/<uuid:interview_id>/reviewers/<uuid:user_id>/remove/",
        assigning.unassign_interview,
        name="portal_unassign_interview",
    ),
    path("turns/<uuid:turn_id>/retry/", portal.retry_turn, name="portal_retry_turn"),
    path("evaluations/<uuid:evaluation_id>/retry/", portal.retry_evaluation, name="portal_retry_evaluation"),
    path("requests/<uuid:request_id>/handle/", portal.handle_request, name="portal_handle_request"),
    path("interviews/<uuid:interview_id>/disagree/", reviewing.disagree, name="portal_disagree"),
    path("interviews/<uuid:interview_id>/consensus/", reviewing.agree, name="portal_consensus"),
    path("calibration/", calibrating.calibration, name="portal_calibration"),
]
