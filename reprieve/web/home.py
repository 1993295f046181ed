"""The front door: on to the portal, the console, or the sign-in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from reprieve.accounts import access
from reprieve.accounts.actors import Actor


@access.signed_in
def home(_request: HttpRequest, actor: Actor) -> HttpResponse:
    return redirect("console:orders" if actor.is_staff else "portal:orders")
