"""Where each door stands."""

from django.conf import settings
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.urls import include, path

from reprieve.web.home import home

urlpatterns = [
    path("", home, name="home"),
    path("", include("reprieve.portal.urls")),
    path("console/", include("reprieve.console.urls")),
    path("account/", include("allauth.urls")),
]
handler400 = "reprieve.web.bad_request.bad_request"
if settings.DEBUG:
    urlpatterns += staticfiles_urlpatterns()
