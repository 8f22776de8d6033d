from django.db import migrations

from feedback.words import normalise

SEEDS = ["дурень", "spam", "shit", "badword"]


def seed(apps, schema_editor):
    words = apps.get_model("feedback", "BannedWord")
    words.objects.bulk_create([words(word=word, normalised=normalise(word)) for word in SEEDS])


def remove(apps, schema_editor):
    apps.get_model("feedback", "BannedWord").objects.filter(word__in=SEEDS).delete()


class Migration(migrations.Migration):
    dependencies = [("feedback", "0001_initial")]
    operations = [migrations.RunPython(seed, remove)]
