"""Every setting, from environment variables. docs/operations.md explains each for operators."""

from pathlib import Path

from django.utils.csp import CSP

from reprieve.config import environment

PACKAGE = Path(__file__).resolve().parent.parent

DEBUG = environment.flag("REPRIEVE_DEBUG", default=False)
DATA_DIR = environment.folder("REPRIEVE_DATA", "var", holding="uploading")
SECRET_KEY = environment.text("REPRIEVE_SECRET_KEY", "only-for-development" if DEBUG else None)
ALLOWED_HOSTS = environment.hosts("REPRIEVE_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = environment.words("REPRIEVE_TRUSTED_ORIGINS")

# The business
BUSINESS_NAME = environment.text("REPRIEVE_BUSINESS", "Reprieve")
BUSINESS_TIME_ZONE = environment.time_zone("REPRIEVE_TIME_ZONE", "UTC")
BUSINESS_CURRENCY = environment.currency("REPRIEVE_CURRENCY", "USD")
TAX_PERCENT = environment.percent("REPRIEVE_TAX_PERCENT", "0")
INVOICE_DAYS = environment.number("REPRIEVE_INVOICE_DAYS", 30)
SUPPORT_EMAIL = environment.text("REPRIEVE_SUPPORT_EMAIL", "support@localhost")
SUPPORT_PHONE = environment.text("REPRIEVE_SUPPORT_PHONE", "")
BASE_URL = environment.url("REPRIEVE_BASE_URL", "http://localhost:8000")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_ox",
    "reprieve.accounts",
    "reprieve.history",
    "reprieve.catalog",
    "reprieve.policies",
    "reprieve.orders",
    "reprieve.appointments",
    "reprieve.cancellations",
    "reprieve.billing",
    "reprieve.notifications",
    "reprieve.web",
    "reprieve.commands",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "reprieve.web.request_size.RequestSizeMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "reprieve.web.dialog.DialogMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "reprieve.web.timezone.ReaderTimeZoneMiddleware",
    "reprieve.web.refusals.RefusalMiddleware",
]

ROOT_URLCONF = "reprieve.config.urls"
WSGI_APPLICATION = "reprieve.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reprieve.web.context.business",
                "reprieve.console.context.waiting",
            ],
            "builtins": ["reprieve.web.templatetags.reprieve"],
        },
    }
]

# Threads of a web process. A slow upload keeps one, and a database connection with it, until it has arrived.
WEB_THREADS = 32

# Database: SQLite unless DATABASE_URL names another.
# IMMEDIATE takes SQLite's write lock when a transaction starts, so that what is read under it stays true until commit.
DATABASES = {"default": environment.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'reprieve.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] |= {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["OPTIONS"] |= {"pool": {"min_size": 1, "max_size": WEB_THREADS, "timeout": 5}}
    # Compiling a decision table's CASE takes longer than it saves, even over a million orders (bench/sqlcase.py).
    DATABASES["default"]["OPTIONS"].setdefault("options", "-c jit=off")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What the worker does by the clock. Each is safe to be done twice, and where it was missed it is made up for.
SCHEDULES: dict[str, dict[str, str]] = {}
if environment.flag("REPRIEVE_RUN_INVOICES", default=True):
    SCHEDULES["invoices"] = {"task": "reprieve.actions.run_invoices.run_what_is_over", "cron": "15 * * * *"}

# Background work: a task is a row written in the caller's transaction, so it is neither early nor lost.
# 80 attempts, an hour apart in the end, outlast a mail server that is away for three days.
TASKS = {
    "default": {
        "BACKEND": "django_ox.backend.OxBackend",
        "QUEUES": [],
        "OPTIONS": {"MAX_ATTEMPTS": 80, "BACKOFF_INITIAL": 10, "BACKOFF_MAX": 3600, "SCHEDULES": SCHEDULES},
    }
}

# Ways to move money, by the name that payments keep; reprieve/billing/gateways says what each has to do.
GATEWAYS = {
    "manual": "reprieve.billing.gateways.manual.ManualGateway",
    "stripe": "reprieve.billing.gateways.stripe.StripeGateway",
}
STRIPE_SECRET_KEY = environment.text("REPRIEVE_STRIPE_KEY", "")
STRIPE_WEBHOOK_SECRET = environment.text("REPRIEVE_STRIPE_WEBHOOK_SECRET", "")
STRIPE_ADDRESS = environment.url("REPRIEVE_STRIPE_ADDRESS", "https://api.stripe.com")
CARD_GATEWAY = "stripe" if STRIPE_SECRET_KEY else ""
CAPTURE_AT = environment.choice("REPRIEVE_CAPTURE_AT", "placing", ("placing", "design_started", "shipped"))
CARD_FEE_PERCENT, CARD_FEE_FIXED = environment.card_fee("REPRIEVE_CARD_FEE", "2.9% + 0.30")

# Mail: a folder of files unless REPRIEVE_MAIL names a server.
MAILERS = {"default": environment.mailer("REPRIEVE_MAIL", f"file://{DATA_DIR / 'mail'}")}
DEFAULT_FROM_EMAIL = environment.text("REPRIEVE_MAIL_FROM", f"{BUSINESS_NAME} <{SUPPORT_EMAIL}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Sign-in
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["reprieve.accounts.backend.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "reprieve.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"reset_password_from_key": "reprieve.accounts.choosing_password.ChoosePasswordForm"}
ACCOUNT_SIGNUP_FORM_CLASS = "reprieve.accounts.forms.PracticeSignupForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 2
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"invite_colleague": "30/d/key"}  # a practice; allauth's own limits stay as they are
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # a screen left open is not enough to take an account over
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = BUSINESS_NAME
ALLAUTH_TRUSTED_PROXY_COUNT = environment.number("REPRIEVE_PROXIES", 0)

# The web
SECURE = not DEBUG and BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if SECURE else 0
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # subdomains and preloading: the operator's affair
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],  # allauth draws the TOTP code as a data: image
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [PACKAGE / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# Uploads: files above 2.5 MB go to disk while they arrive. orders/uploads.py says what people may send, and what is too
# much is refused at its field; the limits on a whole request (web/request_size.py and Django's own) lie above that.
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 100
FILE_UPLOAD_HANDLERS = [
    "reprieve.web.request_size.LargestFileHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploading"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# A browser that asks for one of these gets it; everybody else, mails and documents get the business's own. So far they
# differ in how dates and times are written (config/formats); words in another language would be a folder of `locale`.
LANGUAGES = [("en", "English"), ("en-us", "American English")]
LANGUAGE_CODE = environment.choice("REPRIEVE_LANGUAGE", "en", [code for code, _name in LANGUAGES])
LOCALE_PATHS = [PACKAGE / "locale"]
FORMAT_MODULE_PATH = "reprieve.config.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

LOG_LEVEL = environment.choice("REPRIEVE_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "reprieve.config.logs.DiscreetFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "fontTools": {"level": "WARNING"},  # it tells of every glyph of every invoice
        "stripe": {"level": "WARNING"},  # it tells each request and its answer
    },
}
