"""The logbook of pseudoephedrine, and what programs of risk gave for a fill."""

import django.db.models.deletion
import officina.base.fields
import uuid
from django.db import migrations, models

from officina.base import triggers


class Migration(migrations.Migration):

    dependencies = [
        ('base', '0004_what_was_sent'),
        ('dispensing', '0005_common_dates'),
        ('drugs', '0006_looks'),
    ]

    operations = [
        migrations.AddField(
            model_name='fill',
            name='rems',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.CreateModel(
            name='RemsAuthorisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('program', models.CharField(max_length=40)),
                ('number', models.CharField(blank=True, max_length=60)),
                ('authorised_on', models.DateField(null=True)),
                ('not_after', models.DateField(null=True)),
                ('can_become_pregnant', models.BooleanField(default=True)),
                ('at', models.DateTimeField()),
                ('user_id', models.BigIntegerField()),
                ('user_name', models.CharField(max_length=120)),
                ('fill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rems_rows', to='dispensing.fill')),
            ],
        ),
        migrations.CreateModel(
            name='PseudoephedrineSale',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.CharField(max_length=16)),
                ('at', models.DateTimeField()),
                ('product', models.CharField(max_length=120)),
                ('salt', models.CharField(max_length=20)),
                ('unit_mg', officina.base.fields.QuantityField(places=6)),
                ('units', models.PositiveIntegerField()),
                ('packages', models.PositiveSmallIntegerField()),
                ('base_mg', officina.base.fields.QuantityField(places=6)),
                ('last_name', models.CharField(max_length=60)),
                ('first_name', models.CharField(max_length=60)),
                ('born_on', models.DateField()),
                ('address', models.CharField(max_length=200)),
                ('identity_kind', models.CharField(max_length=40)),
                ('identity_issuer', models.CharField(max_length=40)),
                ('identity_number', models.CharField(max_length=40)),
                ('person', models.CharField(max_length=64)),
                ('signed_by', models.CharField(max_length=120)),
                ('signature', models.TextField(blank=True)),
                ('why', models.CharField(blank=True, max_length=300)),
                ('user_id', models.BigIntegerField()),
                ('user_name', models.CharField(max_length=120)),
                ('package', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='drugs.package')),
                ('reverses', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='dispensing.pseudoephedrinesale')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='base.site')),
            ],
            options={
                'indexes': [models.Index(fields=['site', 'at', 'id'], name='pse_by_time'), models.Index(fields=['site', 'person'], name='pse_by_person'), models.Index(fields=['site', 'identity_number'], name='pse_by_identity')],
                'constraints': [models.UniqueConstraint(fields=('site', 'number'), name='one_sale_a_number')],
            },
        ),
        triggers.append_only("dispensing_pseudoephedrinesale", "dispensing_remsauthorisation"),
    ]
