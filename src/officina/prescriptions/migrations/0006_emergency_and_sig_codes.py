"""Prescribers' roles, first days and product selection, emergency orders of Schedule II, sig codes of the house."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('base', '0004_what_was_sent'),
        ('prescriptions', '0005_refill_consents'),
    ]

    operations = [
        migrations.AddField(
            model_name='prescriber',
            name='role',
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name='prescription',
            name='daw_words',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='prescription',
            name='fill_from',
            field=models.DateField(null=True),
        ),
        migrations.CreateModel(
            name='EmergencyOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('ordered_at', models.DateTimeField()),
                ('ordered_on', models.DateField()),
                ('due_on', models.DateField()),
                ('checks', models.JSONField(default=list)),
                ('knows_prescriber', models.BooleanField()),
                ('taken_by', models.CharField(max_length=120)),
                ('came_on', models.DateField(null=True)),
                ('is_marked', models.BooleanField(default=False)),
                ('has_oral_date', models.BooleanField(default=False)),
                ('noted_by', models.CharField(blank=True, max_length=120)),
                ('told_at', models.DateTimeField(null=True)),
                ('told_by', models.CharField(blank=True, max_length=120)),
                ('told_how', models.CharField(blank=True, max_length=300)),
                ('prescription', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='emergency', to='prescriptions.prescription')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='base.site')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('came_on__isnull', True), ('told_at__isnull', True)), fields=['site', 'due_on'], name='emergency_open')],
            },
        ),
        migrations.CreateModel(
            name='SigCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('typed', models.CharField(max_length=20)),
                ('expansion', models.CharField(max_length=300)),
                ('is_active', models.BooleanField(default=True)),
                ('set_at', models.DateTimeField()),
                ('set_by', models.CharField(max_length=120)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='base.site')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('site', 'typed'), name='race_sig_code')],
            },
        ),
    ]
