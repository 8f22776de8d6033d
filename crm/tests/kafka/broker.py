"""librdkafka's in-memory cluster as a process: a Kafka broker over TCP for other processes, without a JVM.

`python -m crm.tests.kafka.broker` prints its address, then obeys lines on its standard input: `down` closes its port
and connections and keeps what it holds, `up` opens them again; the end of the input ends it.
"""

import ctypes
import sys
from pathlib import Path

import confluent_kafka

TOPICS = ("user-events", "course-events", "enrolment-events", "feedback-events", "sales-events")
PRODUCER = 0
PARTITIONS = 4


def library() -> ctypes.CDLL:
    """The librdkafka that came with confluent-kafka: Python's own interface does not reach the cluster's switches."""
    package = Path(confluent_kafka.__file__).parent
    (path,) = package.parent.glob("confluent_kafka.libs/librdkafka-*")
    found = ctypes.CDLL(str(path))
    for name in ("rd_kafka_new", "rd_kafka_mock_cluster_new"):
        getattr(found, name).restype = ctypes.c_void_p
    found.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    return found


def main() -> None:
    kafka, problem = library(), ctypes.create_string_buffer(512)
    owner = ctypes.c_void_p(kafka.rd_kafka_new(PRODUCER, None, problem, len(problem)))
    cluster = ctypes.c_void_p(kafka.rd_kafka_mock_cluster_new(owner, 1))
    for topic in TOPICS:
        kafka.rd_kafka_mock_topic_create(cluster, topic.encode(), PARTITIONS, 1)
    kafka.rd_kafka_mock_set_group_consumer_session_timeout_ms(cluster, 4000)
    kafka.rd_kafka_mock_set_group_consumer_heartbeat_interval_ms(cluster, 500)
    say(kafka.rd_kafka_mock_cluster_bootstraps(cluster).decode())
    switches = {"down": kafka.rd_kafka_mock_broker_set_down, "up": kafka.rd_kafka_mock_broker_set_up}
    for line in sys.stdin:
        switches[line.strip()](cluster, 1)
        say(line.strip())


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - whoever started it reads this


if __name__ == "__main__":
    main()
