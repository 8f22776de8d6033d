"""Everything that can be set. Values come from the environment, or from `.env` beside manage.py in development."""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from corsheaders.defaults import default_headers
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from crm import env, logs

django_stubs_ext.monkeypatch()  # lets annotations such as ModelForm[User] be read at run time

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY", default="insecure-only-for-debug" if DEBUG else "")
SECRET_KEY_FALLBACKS = env.keys("SECRET_KEY_FALLBACKS")
if not DEBUG and len(SECRET_KEY) < env.SHORTEST_KEY:
    env.stop("SECRET_KEY", f"must have {env.SHORTEST_KEY} characters or more outside DEBUG (make run writes one).")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
if not DEBUG and not ALLOWED_HOSTS:
    env.stop("ALLOWED_HOSTS", "must list the site's host names outside DEBUG, separated by commas.")
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

# Parts

INSTALLED_APPS = [
    "crm.apps.CrmConfig",
    "accounts",
    "courses",
    "enrolments",
    "feedback",
    "sales",
    "events",
    "crm.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "corsheaders",
    "csp",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "import_export",
    "phonenumber_field",
    "rest_framework",
]
MIDDLEWARE = [
    "crm.middleware.trace",
    "crm.health.probes",
    "corsheaders.middleware.CorsMiddleware",
    "crm.middleware.utc_in_api",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "crm.middleware.small_bodies",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Data

DATABASES = {"default": env.database("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHE_SCHEMES = ("locmemcache", "redis", "rediss")
CACHES = {
    "default": environ.Env.cache_url_config(env.url("CACHE_URL", default="locmemcache://", schemes=CACHE_SCHEMES))
}
# Rate limits live there too: figures of many periods must not push them out before they have run their time.
LOCAL_CACHE_ENTRIES = 5_000
if CACHES["default"]["BACKEND"].endswith("LocMemCache"):
    CACHES["default"].setdefault("OPTIONS", {}).setdefault("MAX_ENTRIES", LOCAL_CACHE_ENTRIES)
elif find_spec("redis") is None:
    env.stop("CACHE_URL", "names a Redis or Valkey, which needs the package redis (requirements-prod.txt).")
else:
    CACHES["default"]["BACKEND"] = "crm.cache.SturdyCache"
ANALYTICS_TTL = env.whole("ANALYTICS_TTL", default=60, high=86_400)  # seconds

# Events

EVENTS_TRANSPORT = env.choice("EVENTS_TRANSPORT", default="inline", options=("inline", "local", "kafka"))
KAFKA_BOOTSTRAP_SERVERS = ",".join(env.words("KAFKA_BOOTSTRAP_SERVERS"))
KAFKA_GROUP_PROTOCOL = env.choice("KAFKA_GROUP_PROTOCOL", default="classic", options=("classic", "consumer"))
KAFKA_OPTIONS = env.properties("KAFKA_OPTIONS")
if EVENTS_TRANSPORT == "kafka":
    if not KAFKA_BOOTSTRAP_SERVERS:
        env.stop("KAFKA_BOOTSTRAP_SERVERS", "must name a broker, such as kafka:9092, when EVENTS_TRANSPORT is kafka.")
    if find_spec("confluent_kafka") is None:
        env.stop("EVENTS_TRANSPORT", "is kafka, which needs the package confluent-kafka (requirements-prod.txt).")

# People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.RoleBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "enrolment_list"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_FORMS = {"signup": "accounts.forms.SignupForm"}
ACCOUNT_EMAIL_VERIFICATION = env.choice("EMAIL_VERIFICATION", default="optional", options=("optional", "mandatory"))
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# The first key signs, all verify: a new one is put in front, and the old one goes when its tokens have expired.
JWT_KEYS = env.keys("JWT_KEYS") or [
    hashlib.sha256(f"jwt:{key}".encode()).hexdigest() for key in (SECRET_KEY, *SECRET_KEY_FALLBACKS)
]
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
TRUSTED_PROXY_COUNT = env.whole("TRUSTED_PROXY_COUNT", default=0, high=10)
RATE_LIMITS = env.flag("RATE_LIMITS", default=True)
# How many attempts, by address and by account, on the pages and in the API alike; a failed login counts twice.
ACCOUNT_RATE_LIMITS: Any = RATE_LIMITS and {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "reauthenticate": "10/m/user",
}

EMAIL_SCHEMES = ("consolemail", "smtp", "smtps", "smtp+tls", "smtp+ssl", "filemail", "memorymail", "dummymail")
if not DEBUG and not env.secret("EMAIL_URL"):
    # A letter that was printed counts as sent: a school that forgot its mail server would lose every one of them.
    env.stop("EMAIL_URL", "must name the mail server outside DEBUG; consolemail:// only prints letters.")
globals().update(environ.Env.email_url_config(env.url("EMAIL_URL", default="consolemail://", schemes=EMAIL_SCHEMES)))
if globals()["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend":
    EMAIL_BACKEND = "events.smtp.EmailBackend"
DEFAULT_FROM_EMAIL = env.env.str("DEFAULT_FROM_EMAIL", default="school@localhost")
EMAIL_TIMEOUT = 10

# Languages and places

LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", default="ru", options=("ru", "en"))
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.time_zone("TIME_ZONE", default="Europe/Moscow")
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
PHONENUMBER_DEFAULT_REGION = env.region("PHONE_REGION", default="RU")

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Safety

SESSION_COOKIE_NAME = "session_token"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not DEBUG
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = not DEBUG
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_CREDENTIALS = True
CORS_ALLOW_HEADERS = [*default_headers, "if-match", "if-none-match", "x-organization-id", "x-request-id"]
CORS_EXPOSE_HEADERS = ["X-Request-Id", "ETag", "Retry-After"]
if not CORS_ALLOWED_ORIGINS:
    MIDDLEWARE.remove("corsheaders.middleware.CorsMiddleware")
CSRF_FAILURE_VIEW = "crm.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
SILENCED_SYSTEM_CHECKS = [
    "mysql.W003",  # allauth's e-mail column is unique and 320 wide: utf8mb4 needs 1280 of InnoDB's 3072 bytes
    "models.W036",  # allauth's conditional constraints, which it also checks itself; ours have no condition (tested)
]

# API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "accounts.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "crm.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PARSER_CLASSES": ["crm.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "crm.renderers.PeopleRenderer",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["crm.throttles.AddressThrottle", "crm.throttles.PersonThrottle"]
    if RATE_LIMITS
    else [],
    "DEFAULT_THROTTLE_RATES": {"anon": "120/min", "user": "600/min"},
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "crm.problems.ProblemHandler",
    "EXCEPTION_FORMATTER_CLASS": "crm.problems.ProblemFormatter",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Mini-CRM",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "DESCRIPTION": "The HTTP contract of Mini-CRM for online schools.",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": True,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "crm.schema.complete"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "CourseStatus": "courses.models.Course.Status",
        "EnrolmentStatus": "enrolments.models.Enrolment.Status",
        "DealStatus": "sales.models.Deal.Status",
        "TaskStatus": "sales.models.Task.Status",
        "ActivityKind": "sales.models.Activity.Kind",
    },
}

# Admin's exports: a cell that starts with = + - @ would run as a formula in a spreadsheet.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"

METRICS = env.flag("METRICS", default=False)
env.folder("PROMETHEUS_MULTIPROC_DIR")  # prometheus_client reads it, as soon as it is imported
if METRICS:
    MIDDLEWARE.insert(0, "crm.metrics.timed")
LOG_LEVEL = env.choice("LOG_LEVEL", default="INFO", options=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOG_FILE = env.writable_file("LOG_FILE")
LOGGING = logs.config(level=LOG_LEVEL, file=LOG_FILE, readable=DEBUG)
