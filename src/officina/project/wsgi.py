"""The door for the web server."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application

from officina.base import balance

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "officina.project.settings")
application = balance.evened(get_wsgi_application())

# What was loaded stays: looking for garbage in it again and again costs each page some of its time.
gc.freeze()
gc.set_threshold(20_000, 20, 20)

# A page lets others go on at each of its statements, and would wait five milliseconds each time until one that computes lets it back in.
sys.setswitchinterval(0.0005)
