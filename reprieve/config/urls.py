"""Where each door stands."""

from django.conf import settings
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.urls import include, path

from reprieve.web.home import home
from reprieve.web.stripe_webhook import stripe_webhook

urlpatterns = [
    path("", home, name="home"),
    path("", include("reprieve.portal.urls")),
    path("console/", include("reprieve.console.urls")),
    path("webhooks/stripe/", stripe_webhook, name="stripe_webhook"),
    path("account/", include("allauth.urls")),
]
handler400 = "reprieve.web.bad_request.bad_request"
if settings.DEBUG:
    urlpatterns += staticfiles_urlpatterns()
