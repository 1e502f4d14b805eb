"""A tenant's people: signing in, joining, forgotten passwords, the team."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from accounts.views import forgotten, joining, team
from accounts.views.sign_in import SignIn

urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="portal_login"),
    path("sign-out/", LogoutView.as_view(), name="portal_logout"),
    path("", include("accounts.urls_entry")),
    path("join/", joining.join, name="account_join"),
    path("join/<str:token>/", joining.open_link, name="account_join_link"),
    path("password/forgot/", forgotten.ask, name="account_forgot"),
    path("password/reset/", forgotten.reset, name="account_reset"),
    path("password/reset/<str:user_id>/<str:token>/", forgotten.open_link, name="account_reset_link"),
    path("team/", team.index, name="team"),
    path("team/invite/", team.invite, name="team_invite"),
    path("team/invitations/<uuid:invitation_id>/resend/", team.resend, name="team_invitation_resend"),
    path("team/invitations/<uuid:invitation_id>/revoke/", team.revoke, name="team_invitation_revoke"),
    path("team/<uuid:user_id>/", team.person, name="team_person"),
    path("team/<uuid:user_id>/role/", team.change_role, name="team_role"),
    path("team/<uuid:user_id>/disable/", team.disable, name="team_disable"),
    path("team/<uuid:user_id>/enable/", team.enable, name="team_enable"),
    path("team/<uuid:user_id>/end-sessions/", team.end_sessions, name="team_end_sessions"),
    path("team/<uuid:user_id>/reset-second-factor/", team.reset_second_factor, name="team_reset_factor"),
]
