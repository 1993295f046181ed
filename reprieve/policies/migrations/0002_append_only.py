from django.db import migrations

from reprieve.history.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]
    operations = [
        append_only("policies_policyversion", once="OLD.published_at IS NOT NULL"),
        append_only("policies_decisionrecord"),
    ]
