"""Settings of the tests: the product's own, with a fast hasher and nothing read from the developer's `.env`."""

import os

import environ

environ.Env.read_env = lambda *_args, **_more: None
os.environ |= {
    "DEBUG": "off",
    "SECRET_KEY": "only-for-tests-and-long-enough-for-them",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
}
for _name in (
    "CACHE_URL",
    "EMAIL_URL",
    "EVENTS_TRANSPORT",
    "KAFKA_BOOTSTRAP_SERVERS",
    "KAFKA_GROUP_PROTOCOL",
    "KAFKA_OPTIONS",
    "LANGUAGE_CODE",
    "TIME_ZONE",
    "TRUSTED_PROXY_COUNT",
    "ANALYTICS_TTL",
    "PHONE_REGION",
):
    os.environ.pop(_name, None)
os.environ |= {"EMAIL_URL": "memorymail://", "CACHE_URL": "locmemcache://", "TIME_ZONE": "Europe/Moscow"}
os.environ |= {"LOG_LEVEL": "INFO", "LOG_FILE": "", "RATE_LIMITS": "on", "CORS_ALLOWED_ORIGINS": ""}
os.environ.setdefault("DATABASE_URL", "sqlite:///test.sqlite3")

from crm.settings import *  # noqa: E402, F403
from crm.settings import INSTALLED_APPS, MIDDLEWARE, STORAGES  # noqa: E402

INSTALLED_APPS += ["zeal"]
MIDDLEWARE.insert(0, "zeal.middleware.zeal_middleware")  # a page that asks the database once per row fails its test
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True  # static files straight from their apps, nothing to collect
ZEAL_ALLOWLIST = [
    {"model": "sessions.Session"},  # a login moves the session to a new key: two reads, not one per row
    {"model": "courses.Course", "field": "get()"},  # each verb locks its course anew; bulk actions are one verb per row
    {"model": "enrolments.Enrolment", "field": "get()"},
    {"model": "accounts.User", "field": "get()"},  # who is signed in, and whose page it is
]
