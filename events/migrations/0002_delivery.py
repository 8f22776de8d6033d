import uuid

import django.utils.timezone
from django.db import migrations, models


def give_each_event_its_own_id(apps, schema_editor):
    """The column's default was one value for all rows."""
    events = apps.get_model("events", "Event").objects.order_by("pk")
    last = 0
    while rows := list(events.filter(pk__gt=last).only("pk")[:2000]):
        for row in rows:
            row.event_id = uuid.uuid4()
        events.bulk_update(rows, ["event_id"])
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="HandledEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("consumer", models.CharField(max_length=32, verbose_name="consumer")),
                ("event_id", models.UUIDField(verbose_name="event id")),
                ("handled_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="handled")),
            ],
            options={
                "verbose_name": "handled event",
                "verbose_name_plural": "handled events",
            },
        ),
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("name", models.CharField(max_length=32, primary_key=True, serialize=False, verbose_name="name")),
                ("holder", models.CharField(blank=True, max_length=64, verbose_name="held by")),
                ("beat", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "lease",
                "verbose_name_plural": "leases",
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200, verbose_name="key")),
                ("to", models.CharField(max_length=320, verbose_name="to")),
                ("subject", models.CharField(max_length=250, verbose_name="subject")),
                ("text", models.TextField(verbose_name="text")),
                ("html", models.TextField(blank=True, verbose_name="HTML")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("refused", "refused"),
                            ("in_doubt", "in doubt"),
                        ],
                        default="waiting",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("error", models.CharField(blank=True, max_length=2000, verbose_name="error")),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="next attempt")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created")),
            ],
            options={
                "verbose_name": "letter",
                "verbose_name_plural": "letters",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="UnhandledEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("consumer", models.CharField(max_length=32, verbose_name="consumer")),
                ("event_id", models.UUIDField(verbose_name="event id")),
                ("type", models.CharField(max_length=64, verbose_name="type")),
                ("topic", models.CharField(max_length=64, verbose_name="topic")),
                ("key", models.CharField(max_length=64, verbose_name="key")),
                ("body", models.JSONField(verbose_name="body")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("error", models.CharField(blank=True, max_length=2000, verbose_name="error")),
                ("kept_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="since")),
                ("due_at", models.DateTimeField(help_text="Empty: parked.", null=True, verbose_name="next attempt")),
            ],
            options={
                "verbose_name": "unhandled event",
                "verbose_name_plural": "unhandled events",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="event",
            name="event_id",
            field=models.UUIDField(default=uuid.uuid4, editable=False, verbose_name="event id"),
        ),
        migrations.RunPython(give_each_event_its_own_id, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="event",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["topic", "key", "id"], name="event_of_aggregate"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["type", "id"], name="event_by_type"),
        ),
        migrations.AddIndex(
            model_name="handledevent",
            index=models.Index(fields=["handled_at"], name="handled_event_age"),
        ),
        migrations.AddConstraint(
            model_name="handledevent",
            constraint=models.UniqueConstraint(fields=("event_id", "consumer"), name="handled_event_once"),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["state", "due_at", "id"], name="letter_due"),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["created_at"], name="letter_age"),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["to"], name="letter_to_person"),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.UniqueConstraint(fields=("key",), name="letter_once"),
        ),
        migrations.AddIndex(
            model_name="unhandledevent",
            index=models.Index(fields=["due_at", "id"], name="unhandled_event_due"),
        ),
        migrations.AddIndex(
            model_name="unhandledevent",
            index=models.Index(fields=["consumer", "topic", "key", "id"], name="unhandled_event_of_key"),
        ),
        migrations.AddConstraint(
            model_name="unhandledevent",
            constraint=models.UniqueConstraint(fields=("consumer", "event_id"), name="unhandled_event_once"),
        ),
    ]
