"""The house's own settings, with a home that belongs to the test run: nothing of the user's is read or written.

Two things differ from a house at work, both for speed: SQLite does not wait for the disk, and passwords are hashed cheaply.
The databases are files or a server, never memory, so that threads and other processes meet in them as they do in real life.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_home = os.environ.get("OFFICINA_TEST_HOME", "")
if not _home:
    _home = os.environ["OFFICINA_TEST_HOME"] = tempfile.mkdtemp(prefix="officina-tests-")
    atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["OFFICINA_HOME"] = _home

from officina.project.settings import *  # noqa: E402, F403  the home must be known before it is read
from officina.project.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["quick_hasher.QuickArgon2"]

_main = DATABASES["default"]
_options = dict(_main["OPTIONS"])
if "sqlite3" in str(_main["ENGINE"]):
    _main["TEST"] = {"NAME": str(Path(_home) / "test.sqlite3")}
    _options["init_command"] = _options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
else:
    # A test that forgets an open transaction in a thread fails by name instead of hanging the run.
    _options["options"] = "-c lock_timeout=60s"
_main["OPTIONS"] = _options
