"""Settings of every process. One file: what differs by environment is read from the environment."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from config import env as environment
from config.admin_theme import UNFOLD  # noqa: F401
from config.api import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401
from config.beat import CELERY_BEAT_SCHEDULE  # noqa: F401
from config.content_policy import ADMIN_CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY, STRIPE_PAGES  # noqa: F401
from config.logging import configure as configure_logging
from config.templates import TEMPLATES  # noqa: F401

env = environment.env
ROOT: Path = environment.ROOT
MODE: str = environment.mode()
PRODUCTION: bool = MODE == "production"
VAR: Path = environment.var_dir()

if PRODUCTION:
    environment.require_production_settings()
else:
    environment.ensure_secrets(VAR)

DEBUG = False  # a traceback page shows locals, and locals hold what candidates said
SECRET_KEY = env.str("SECRET_KEY", default="") or (VAR / "secret_key").read_text().strip()
KEK_FILE = environment.kek_file(VAR)

# --- hosts -------------------------------------------------------------------------------------
BASE_DOMAIN = env.str("BASE_DOMAIN", default="candor.localhost")
PORT = env.int("PORT", default=8000)
INTERNAL_PORT = env.int("INTERNAL_PORT", default=PORT + 1000)
INTERNAL_HOST = env.str("INTERNAL_HOST", default="127.0.0.1")
PUBLIC_SCHEME = env.str("PUBLIC_SCHEME", default="https" if PRODUCTION else "http")
PUBLIC_PORT = "" if PRODUCTION else f":{PORT}"
ALLOWED_HOSTS = ["*"]  # the exact host table decides (tenants.middleware): unknown = 404
ROOT_URLCONF = "config.urls_tenant"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"
WSGI_APPLICATION = None

# --- apps --------------------------------------------------------------------------------------
# Two sources of truth for django-tenants: what lives in public, and what lives in each tenant schema.
SHARED_APPS = [
    "unfold",  # before the apps whose admin templates it replaces
    "pgtrigger",  # before core, which hands its autodetector to django-tenants
    "django_tenants",
    "core",
    "tenants",
    "billing",
    "llm",
    "live",
    "keys",
    "compliance.audit",
    "django.contrib.admin",
    "django.contrib.contenttypes",  # in public alone: the process-wide cache would mix ids of schemas
    "django.contrib.auth",
    "accounts",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_standardized_errors",
    "axes",
    "csp",
    "django_cotton",
]
TENANT_APPS = ["accounts", "compliance.audit", "compliance", "interviews"]
INSTALLED_APPS = SHARED_APPS + [app for app in TENANT_APPS if app not in SHARED_APPS]

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_LIMIT_SET_CALLS = True
TENANT_SYNC_ROUTER = "core.routers.SchemaRouter"
DATABASE_ROUTERS = [TENANT_SYNC_ROUTER]
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = [
    "security.W004",  # HSTS is set by core.middleware on https responses alone
    "security.W008",  # TLS ends at the load balancer
    "security.W021",  # the preload list is the operator's decision
]

MIDDLEWARE = [
    "core.middleware.RequestContext",
    "core.middleware.SecurityHeaders",
    "core.middleware.ContentPolicy",
    "core.middleware.BodyLimit",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.middleware.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "core.middleware.Actor",
    "tenants.middleware.SupportSession",
    "accounts.middleware.RequireSecondFactor",
    "core.middleware.Refusals",
    "axes.middleware.AxesMiddleware",
]

COTTON_DIR = "cotton"
COTTON_ISOLATE_BY_DEFAULT = True

# --- databases ---------------------------------------------------------------------------------
# default: the application role. owner: migrates and provisions. keys: its own database and back-up.
ORIGINAL_BACKEND = "django.db.backends.postgresql"
DATABASE_POOL = env.int("DATABASE_POOL", default=6)

# A statement, a wait for a row or a transaction that outlasts every deadline of a request or a task holds others up.
SERVING_TIMEOUTS = "-c statement_timeout=60s -c lock_timeout=20s -c idle_in_transaction_session_timeout=120s"


def _database(name: str, engine: str, pool: int = 0) -> dict[str, Any]:
    """One alias from its URL; `pool` > 0 keeps that many connections, whose search_path is cleared on return.

    A pooled connection is tried before it is lent: after a restart of the server every one of them is broken, and
    each would fail a request, or a reply that the model has already written.
    """
    database: dict[str, Any] = {
        **env.db_url(name),
        "ENGINE": engine,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": bool(pool),
    }
    options: dict[str, Any] = {"application_name": f"candor-{name.lower()}"[:63], "connect_timeout": 5}
    if pool:
        from core.pool import forget_schema

        options["options"] = SERVING_TIMEOUTS
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10, "reset": forget_schema}
    return database | {"OPTIONS": options}


TENANTS_ENGINE = "django_tenants.postgresql_backend"
DATABASES = {
    "default": _database("DATABASE_URL", TENANTS_ENGINE, pool=DATABASE_POOL),
    "owner": _database("DATABASE_OWNER_URL", TENANTS_ENGINE),
    "keys": _database("KEYS_DATABASE_URL", ORIGINAL_BACKEND, pool=3),
    "keys_owner": _database("KEYS_DATABASE_OWNER_URL", ORIGINAL_BACKEND),
}
if env.str("DATABASE_REPLICA_URL", default=""):  # for reads that may lag (core.replica)
    DATABASES["replica"] = _database("DATABASE_REPLICA_URL", TENANTS_ENGINE, pool=DATABASE_POOL)
    DATABASES["replica"]["OPTIONS"]["options"] += " -c default_transaction_read_only=on"

# --- Redis: cache, limits, broker --------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "core.redis.cache_key",
    }
}
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,  # above the 40 s deadline of a turn
    "priority_steps": [0],
    "queue_order_strategy": "round_robin",
    "socket_keepalive": True,
    "health_check_interval": 15,
    "global_keyprefix": "candor:broker:",
    # A broker that is away must not hold a candidate's request: the due row brings the work back.
    "socket_connect_timeout": 2,
    "socket_timeout": 2,  # above the 1 s for which a worker's BRPOP waits
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True  # the row is the status
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BEAT_SCHEDULER = "core.beat:SteadyScheduler"
CELERY_TIMEZONE = "UTC"

# --- sign-in, sessions, cookies ----------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.SchemaBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
SESSION_ENGINE = "accounts.sessions"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # a cookie would be good in every tenant
SESSION_COOKIE_NAME = "__Host-staff"
SESSION_COOKIE_SECURE = True  # browsers accept Secure cookies from http://*.localhost
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.views.csrf_failure"
CANDIDATE_COOKIE_NAME = "__Host-candidate"
CANDIDATE_COOKIE_AGE = 30 * 24 * 3600
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"  # counts in Valkey under a tenant's key; no address is stored
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_USERNAME_CALLABLE = "accounts.lockout.username"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.address"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked_out"

# --- what every response says ------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
X_FRAME_OPTIONS = "DENY"
MAX_BODY_BYTES = DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024  # above core.bodies: nobody's file is ever written to a disk
DATA_UPLOAD_MAX_NUMBER_FIELDS = 970  # the form of the largest plan (tests/test_plan_large.py of interviews says why)

# --- language, time, files, mail ---------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [ROOT / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
MAILBOX_DIR = VAR / "mailbox"
if PRODUCTION:
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "core.mailbox.MailboxBackend"
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Candor <interviews@{BASE_DOMAIN}>")
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default=f"support@{BASE_DOMAIN}")  # where a tenant's people reach us

# --- payment by card (without a key all of it is off) ------------------------------------------
_STRIPE = environment.stripe_settings()
STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET = _STRIPE["STRIPE_SECRET_KEY"], _STRIPE["STRIPE_WEBHOOK_SECRET"]
STRIPE_API_BASE = _STRIPE["STRIPE_API_BASE"]
STRIPE_AUTOMATIC_TAX = env.bool("STRIPE_AUTOMATIC_TAX", default=False)
# Pages below these addresses have forms that lead (303) to hosts of others: form-action asks about the redirect too.
FORMS_LEAD_TO: dict[str, list[str]] = {"/billing/": STRIPE_PAGES} if STRIPE_SECRET_KEY else {}

# --- models ------------------------------------------------------------------------------------
LLM_INPUT_FILTERS = ["compliance.redaction.redact"]
LLM_ENV = environment.model_environment()
EVALUATION_RETEST_SHARE = env.float("EVALUATION_RETEST_SHARE", default=0.0 if MODE == "test" else 0.02)

# --- logs, metrics, errors ---------------------------------------------------------------------
LOGGING_CONFIG = None
configure_logging(as_json=PRODUCTION, level=env.str("LOG_LEVEL", default="INFO"))
STATSD_ADDRESS = env.str("STATSD_ADDRESS", default="")
SENTRY_DSN = env.str("SENTRY_DSN", default="")
if SENTRY_DSN:
    from config.sentry import start as start_sentry

    start_sentry(SENTRY_DSN, environment=MODE)

import config.celery  # noqa: E402,F401  (tasks are sent by every process, so every process needs the application)
