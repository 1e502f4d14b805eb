"""The addresses of the platform's admin: all that the isolation walk knows, and those that are open to everybody."""

MODELS = (
    *("core_due", "accounts_user", "tenants_tenant", "tenants_domain", "tenants_emaildomain", "tenants_supportgrant"),
    *("billing_plan", "billing_subscription", "billing_quotaperiod", "billing_usagerecord", "billing_creditgrant"),
    *("billing_infrastructureshare", "billing_receiptpolicy"),
    "billing_stripeevent",
    *("billing_invoice", "billing_invoiceline", "billing_seller", "billing_billingdetails", "billing_billingnotice"),
    *("billing_margin", "billing_reconciliation", "billing_interviewreceipt"),
    *(
        "llm_account",
        "llm_offer",
        "llm_ownkey",
        "llm_budget",
        "llm_usagehour",
        "llm_experiment",
        "llm_batch",
        "llm_assurancerun",
    ),
)
SIGN_IN = frozenset({"portal_login", "account_second_factor", "account_passkey_question", "account_passkey_answer"})
LEADS_ON = frozenset({"staff_password", "admin:password_change"})  # to the account, which asks who comes
OPEN = frozenset({"admin:login", "admin:logout"}) | LEADS_ON | SIGN_IN
ACCOUNT = frozenset(
    f"account{name}"
    for name in (
        *(
            "",
            "_confirm",
            "_password",
            "_set_up",
            "_app_remove",
            "_codes",
            "_passkey_new",
            "_passkey_add",
            "_passkey_remove",
        ),
        *("_sessions_end", "_session_end"),
    )
)
ALL: frozenset[str] = (
    frozenset({"api_optimization_stats", "staff_password"})
    | SIGN_IN
    | ACCOUNT
    | frozenset(
        f"admin:{name}"
        for name in (
            *("index", "login", "logout", "search", "app_list", "autocomplete", "jsi18n"),
            *("password_change", "password_change_done", "auth_user_password_change"),
            *(f"billing_invoice_{act}" for act in ("download", "mark_paid", "credit", "refund", "void")),
            *("llm_usagehour_calls", "billing_margin_csv", "billing_margin_tenant"),
            *("tenants_supportgrant_enter", "tenants_tenant_let_owner_in"),
            *("billing_subscription_act", "billing_plan_new_version"),
            *(f"{model}_{page}" for model in MODELS for page in ("changelist", "add", "history", "delete", "change")),
        )
    )
)
