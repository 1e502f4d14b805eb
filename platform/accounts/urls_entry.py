"""Signing in beyond the password, and one's own account: the same on a tenant's host and on the platform's."""

from django.urls import path

from accounts.views import account, confirming, factors, sign_in

urlpatterns = [
    path("sign-in/second/", sign_in.second_step, name="account_second_factor"),
    path("sign-in/passkey/question/", sign_in.passkey_question, name="account_passkey_question"),
    path("sign-in/passkey/", sign_in.passkey_answer, name="account_passkey_answer"),
    path("account/", account.account, name="account"),
    path("account/confirm/", confirming.confirm, name="account_confirm"),
    path("account/password/", account.change_password, name="account_password"),
    path("account/second-factor/", factors.set_up, name="account_set_up"),
    path("account/second-factor/app/remove/", factors.remove_app, name="account_app_remove"),
    path("account/second-factor/codes/", factors.new_codes, name="account_codes"),
    path("account/passkeys/", factors.passkey_add, name="account_passkey_add"),
    path("account/passkeys/new/", factors.passkey_new, name="account_passkey_new"),
    path("account/passkeys/<uuid:passkey_id>/remove/", factors.remove_passkey, name="account_passkey_remove"),
    path("account/sessions/end-others/", account.end_others, name="account_sessions_end"),
    path("account/sessions/<slug:session_id>/end/", account.end_session, name="account_session_end"),
]
