"""Sign-up, on the public host."""

from django.urls import path

from tenants.views import signup

urlpatterns = [
    path("start/", signup.start, name="signup"),
    path("start/hint/", signup.hint, name="signup_hint"),
    path("start/sent/", signup.sent, name="signup_sent"),
    path("start/confirm/<str:token>/", signup.confirm, name="signup_confirm"),
    path("start/progress/<str:key>/", signup.progress, name="signup_progress"),
]
