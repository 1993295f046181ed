"""The product's own settings, with what shows on every page how often the database was asked."""

from reprieve.config.settings import *  # noqa: F403 - all of them
from reprieve.config.settings import LOGGING, MIDDLEWARE

MIDDLEWARE = ["dev.queries.QueriesMiddleware", *MIDDLEWARE]
LOGGING = {**LOGGING, "loggers": {"django.tasks": {"level": "WARNING"}}}  # it tells of every task twice
