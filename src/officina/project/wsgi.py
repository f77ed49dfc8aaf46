"""The door for the web server."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "officina.project.settings")
application = get_wsgi_application()

# What was loaded stays: looking for garbage in it again and again costs each page some of its time.
gc.freeze()
gc.set_threshold(20_000, 20, 20)
