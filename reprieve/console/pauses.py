"""Pausing, resuming and restoring a case in the practice's place."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.pause_order import pause_order
from reprieve.actions.restore_order import restore_order
from reprieve.actions.resume_order import resume_order
from reprieve.catalog.models import ReasonFor
from reprieve.console.overriding import OverrideForm, OverridingReasonForm, Task, perform
from reprieve.console.seen import seen_version
from reprieve.orders.actions import Action
from reprieve.web.forms import done
from reprieve.web.order_search import order_by_number


@access.staff(*access.ACTS_FOR_CUSTOMERS)
def pause(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    order = order_by_number(actor, number)
    form = OverridingReasonForm(request.POST if request.method == "POST" else None, kind=ReasonFor.PAUSE)
    done_words = gettext("%(number)s is paused, and the practice is told.")
    task = Task(Action.PAUSE, done_words, gettext("Leave it as it is"), pause_order)
    return perform(request, actor, order, task, form)


@access.staff(*access.ACTS_FOR_CUSTOMERS)
def resume(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    order = order_by_number(actor, number)
    form = OverrideForm(request.POST if request.method == "POST" else None)
    done_words = gettext("%(number)s is resumed, and the practice is told.")
    task = Task(Action.RESUME, done_words, gettext("Leave it paused"), resume_order)
    return perform(request, actor, order, task, form)


@access.staff(*access.ACTS_FOR_CUSTOMERS)
@require_POST
def restore(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    order = order_by_number(actor, number)
    restore_order(order_id=order.pk, actor=actor, expected_version=seen_version(request), now=timezone.now())
    words = gettext("%(number)s is restored, and the practice is told.") % {"number": order.number}
    return done(request, words, reverse("console:order", args=[order.number]))
