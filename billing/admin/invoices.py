"""Invoices, credit notes and the lines that wait, in the platform's admin: to read, with acts that are audited."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action

from accounts.models import User
from billing.admin import refusals
from billing.invoice_forms import ActForm, CreditForm, PaidForm, RefundForm, VoidAtStripeForm, VoidForm
from billing.models import Invoice, InvoiceLine
from billing.services import invoice_pdf, invoicing, sellers, settling
from billing.services.granting import BadGrant
from billing.services.stripe import refunds
from billing.views.invoices import as_file
from core import audit
from core.read_only import ReadOnly, ReadOnlyAdmin
from core.tenancy import UnknownTenant
from tenants.services.trails import acting

CLOSED = _("The tenant is closed. Nothing was done.")


class LineInline(ReadOnly, TabularInline):
    model = InvoiceLine
    fields = readonly_fields = ("kind", "text", "quantity", "unit_price", "amount", "from_at", "until_at")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[InvoiceLine]:
        return super().get_queryset(request).select_related("invoice")

    @admin.display(description=_("Price in dollars"))
    def unit_price(self, line: InvoiceLine) -> str:
        return f"{line.shown_unit_usd}"

    @admin.display(description=_("Amount in dollars"))
    def amount(self, line: InvoiceLine) -> str:
        return f"{line.shown_usd}"


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    list_display = ("number", "tenant", "kind", "stands", "total", "issued_at", "due_at", "paid_at", "source")
    list_filter = ("status", "kind", "source")
    search_fields = ("number", "subscription__tenant__name", "payment_reference")
    list_select_related = ("subscription__tenant",)
    fields = (
        *("number", "tenant", "kind", "stands", "source", "corrects", "stripe_id", "hosted_url"),
        *("subtotal", "tax_percent", "tax", "tax_note", "total", "left_usd"),
        *(
            "issued_at",
            "due_at",
            "paid_at",
            "payment_reference",
            "period_start",
            "period_end",
            "made_out_to",
            "issued_by",
        ),
    )
    readonly_fields = fields
    inlines = (LineInline,)
    actions_detail = ("download", "mark_paid", "credit", "refund", "void")

    @admin.display(description=_("Tenant"), ordering="subscription__tenant__name")
    def tenant(self, invoice: Invoice) -> str:
        return str(invoice.subscription.tenant)

    @admin.display(description=_("Status"), ordering="status")
    def stands(self, invoice: Invoice) -> str:
        return invoice.stands

    @admin.display(description=_("Subtotal in dollars"), ordering="subtotal_usd")
    def subtotal(self, invoice: Invoice) -> str:
        return f"{invoice.sign * invoice.subtotal_usd}"

    @admin.display(description=_("Tax in dollars"), ordering="tax_usd")
    def tax(self, invoice: Invoice) -> str:
        return f"{invoice.sign * invoice.tax_usd}"

    @admin.display(description=_("Total in dollars"), ordering="total_usd")
    def total(self, invoice: Invoice) -> str:
        return f"{invoice.shown_usd}"

    @admin.display(description=_("Not credited yet"))
    def left_usd(self, invoice: Invoice) -> str:
        return f"{invoice.left()[1]}" if invoice.kind == Invoice.Kind.INVOICE else "–"

    @admin.display(description=_("Made out to"))
    def made_out_to(self, invoice: Invoice) -> str:
        return "\n".join(invoice_pdf.party(invoice.buyer)) if invoice.buyer else "–"

    @admin.display(description=_("Issued by"))
    def issued_by(self, invoice: Invoice) -> str:
        return "\n".join(invoice_pdf.party(invoice.seller)) if invoice.seller else "–"

    def has_settle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Acts need the right to change invoices, though their pages show none of it as a form."""
        return request.user.has_perm("billing.change_invoice")

    def has_own_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_settle_permission(request) and _source(object_id) == Invoice.Source.OWN

    def has_stripes_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_settle_permission(request) and _source(object_id) == Invoice.Source.STRIPE

    def has_file_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request) and _source(object_id) == Invoice.Source.OWN

    @action(description=_("Download PDF"), url_path="pdf", permissions=["file"])  # type: ignore[untyped-decorator]
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invoice = _found(object_id)
        return as_file(invoice.number, invoice_pdf.render(invoice))

    @action(description=_("Mark as paid"), url_path="paid", permissions=["own"])  # type: ignore[untyped-decorator]
    def mark_paid(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._answer(request, object_id, PaidForm)

    @action(description=_("Credit note"), url_path="credit", permissions=["own"])  # type: ignore[untyped-decorator]
    def credit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._answer(request, object_id, CreditForm)

    @action(description=_("Give money back"), url_path="refund", permissions=["stripes"])  # type: ignore[untyped-decorator]
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._answer(request, object_id, RefundForm)

    @action(description=_("Make void"), url_path="void", permissions=["settle"])  # type: ignore[untyped-decorator]
    def void(self, request: HttpRequest, object_id: str) -> HttpResponse:
        at_stripe = _found(object_id).source == Invoice.Source.STRIPE
        return self._answer(request, object_id, VoidAtStripeForm if at_stripe else VoidForm)

    def _answer(self, request: HttpRequest, object_id: str, kind: Callable[..., ActForm]) -> HttpResponse:
        """The form, or on to what it made of the invoice."""
        assert isinstance(request.user, User)
        invoice = _found(object_id)
        form = kind(request.POST or None, invoice=invoice)
        if request.method == "POST" and form.is_valid():
            try:
                made = form.act(invoice, by=request.user.pk)
            except (settling.NotPossible, settling.BadAmount, refunds.BadRefund, BadGrant) as error:
                form.add_error(None, str(error))
            except refusals.OF_STRIPE as error:
                form.add_error(None, refusals.sentence(error))
            except UnknownTenant:
                form.add_error(None, CLOSED)
            else:
                self.log_change(request, invoice, str(form.title))
                messages.success(request, f"{form.title}: {made.number}")
                return redirect("admin:billing_invoice_change", made.pk)
        words = {"title": f"{form.title}: {invoice.number}", "intro": form.intro, "button": form.button}
        context = self.admin_site.each_context(request) | {"opts": self.model._meta, "invoice": invoice, "form": form}
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/billing/invoice_act.html", context | words, status=status)


@admin.register(InvoiceLine)
class InvoiceLineAdmin(ReadOnlyAdmin):
    """What was charged. Those without an invoice wait for one."""

    list_display = ("created_at", "tenant", "kind", "text", "quantity", "amount", "invoice")
    list_filter = (("invoice", admin.EmptyFieldListFilter), "kind")
    search_fields = ("text", "key", "subscription__tenant__name")
    list_select_related = ("subscription__tenant", "invoice")
    fields = readonly_fields = (
        *("tenant", "invoice", "kind", "text", "quantity", "unit_price", "amount", "from_at", "until_at"),
        *("key", "created_at"),
    )
    actions = ("issue_now",)

    @admin.display(description=_("Price in dollars"))
    def unit_price(self, line: InvoiceLine) -> str:
        return f"{line.shown_unit_usd}"

    @admin.display(description=_("Amount in dollars"), ordering="amount_usd")
    def amount(self, line: InvoiceLine) -> str:
        return f"{line.shown_usd}"

    @admin.display(description=_("Tenant"), ordering="subscription__tenant__name")
    def tenant(self, line: InvoiceLine) -> str:
        return str(line.subscription.tenant)

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_invoice")

    @admin.action(description=_("Issue an invoice now: all that waits of these tenants"), permissions=["issue"])
    def issue_now(self, request: HttpRequest, queryset: QuerySet[InvoiceLine]) -> None:
        """One tenant after the other; each that gets none says why."""
        tenants = queryset.order_by().values_list("subscription_id", "subscription__tenant__name").distinct()
        for subscription_id, name in tenants:
            try:
                with acting(audit.Actor("platform", request.user.pk)):
                    made = invoicing.issue(subscription_id=subscription_id)
            except (invoicing.NothingToInvoice, invoicing.DetailsMissing, sellers.PlaceholderSeller) as error:
                messages.error(request, f"{name}: {error}")
                continue
            except UnknownTenant:
                messages.error(request, f"{name}: {CLOSED}")
                continue
            self.log_change(request, made, _("Issued"))
            messages.success(request, _("%(name)s: %(number)s is issued.") % {"name": name, "number": made.number})


def _source(object_id: Any) -> str:
    """Whose the invoice is; nothing for none, and of a list's row that is asked about as a whole."""
    try:
        return Invoice.objects.values_list("source", flat=True).get(pk=UUID(str(object_id)))
    except (ValueError, Invoice.DoesNotExist):
        return ""


def _found(object_id: str) -> Invoice:
    try:
        return Invoice.objects.get(pk=UUID(object_id))
    except (ValueError, Invoice.DoesNotExist) as error:
        raise Http404 from error
