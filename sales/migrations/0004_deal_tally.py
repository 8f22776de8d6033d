from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sales", "0002_first_stages")]

    operations = [
        migrations.AddIndex(  # before the next, which serves the foreign key of the stage until then
            model_name="deal",
            index=models.Index(fields=["stage", "is_open", "organization", "id"], name="deal_on_board"),
        ),
        migrations.RemoveIndex(model_name="deal", name="deal_board"),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(
                fields=["organization", "is_open", "stage", "currency", "amount", "owner"], name="deal_tally"
            ),
        ),
    ]
