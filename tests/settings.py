"""The product's own settings, cut off from the developer's environment. Only what speed or isolation needs differs."""

import atexit
import os
import shutil
import tempfile

if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker shares the folder of the process that started it
    for name in [name for name in os.environ if name.startswith("REPRIEVE_")]:
        del os.environ[name]
    os.environ["REPRIEVE_SECRET_KEY"] = "only-for-tests"
    if "PYTEST_VERSION" in os.environ:  # mypy reads the settings too, stores nothing, and would never clean up
        os.environ["REPRIEVE_DATA"] = tempfile.mkdtemp(prefix="reprieve-test-")
        atexit.register(shutil.rmtree, os.environ["REPRIEVE_DATA"], ignore_errors=True)

from reprieve.config.settings import *  # noqa: F403 - the environment has to be ready first
from reprieve.config.settings import DATA_DIR, DATABASES, GATEWAYS, STORAGES
from tests.patience import PATIENCE

# A file rather than SQLite's default, memory: only a file has the locks that the races are about.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["timeout"] = PATIENCE
else:
    DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = PATIENCE

# Signing in happens in nearly every test, and a good hash is slow by design.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A provider that keeps its books in a file.
GATEWAYS["fake"] = "tests.fake_gateway.FakeGateway"

# Tests do not collect static files first.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
