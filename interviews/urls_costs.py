from django.urls import path

from interviews.views import receipts, returns

urlpatterns = [
    path("billing/receipts/", receipts.listed, name="portal_receipts"),
    path("billing/receipts/month.csv", receipts.exported, name="portal_receipts_csv"),
    path("billing/receipts/<uuid:interview_id>/", receipts.receipt, name="portal_receipt"),
    path("billing/return/", returns.show, name="portal_return"),
]
