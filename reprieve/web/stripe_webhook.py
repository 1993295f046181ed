"""Where Stripe tells us of what has happened. Nobody signs in here: the signature is the door."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from reprieve.accounts import access
from reprieve.actions.handle_stripe_event import NotYetKnown, handle_stripe_event
from reprieve.billing.gateways import GatewayUnavailable
from reprieve.billing.gateways.stripe_news import NotFromStripe, read

LARGEST: Final = 256 * 1024  # bytes; Stripe's messages have some thousand
WAIT: Final = "60"  # seconds


@access.public
@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """200: dealt with, or none of ours. 503: please send it again. 400: not from Stripe. Nothing of it is logged."""
    announced = request.META.get("CONTENT_LENGTH", "")
    if announced.isdecimal() and int(announced[:20]) > LARGEST:
        return HttpResponse(status=413)
    try:
        handle_stripe_event(read(request.body, request.headers.get("Stripe-Signature", "")), now=timezone.now())
    except NotFromStripe:
        return HttpResponse(status=400)
    except (NotYetKnown, GatewayUnavailable):
        return HttpResponse(status=503, headers={"Retry-After": WAIT})
    return HttpResponse()
