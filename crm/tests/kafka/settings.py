"""The tests' settings, with the transport and the broker that the tests of Kafka name."""

import os

_servers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "")

from crm.test_settings import *  # noqa: E402, F403

EVENTS_TRANSPORT = "kafka"
KAFKA_BOOTSTRAP_SERVERS = _servers
KAFKA_GROUP_PROTOCOL = "consumer"  # a classic group waits 45 s for a member that was killed
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
