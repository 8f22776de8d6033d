from django.conf import settings
from django.db import migrations
from django.utils.translation import gettext, override

STAGES = [
    ("qualification", "Qualification", 10),
    ("proposal", "Proposal", 40),
    ("negotiation", "Negotiation", 70),
    ("closed", "Closed", 100),
]


def open_pipelines(apps, schema_editor):
    """Organisations that were there before the pipeline get its first stages."""
    stage = apps.get_model("sales", "Stage")
    with override(settings.LANGUAGE_CODE):
        for organization in apps.get_model("accounts", "Organization").objects.filter(stages=None).iterator():
            stage.objects.bulk_create(
                stage(
                    organization=organization, slug=slug, name=gettext(name), position=position, probability=probability
                )
                for position, (slug, name, probability) in enumerate(STAGES, start=1)
            )


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial")]

    operations = [migrations.RunPython(open_pipelines, migrations.RunPython.noop)]
