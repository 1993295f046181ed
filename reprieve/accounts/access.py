"""The only door from a person to a row, and from a person to a page.

Rows: `rows` and `find` narrow a model to what an actor may see. A model says through which path it belongs to a
practice (`PRACTICE_PATH`); a model without one is staff's alone.

Pages: every view is wrapped by `public`, `customer`, `staff(…)` or `signed_in`, which hands it the actor. A test walks
all routes and fails on a view that is not wrapped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, Protocol, cast
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django_htmx.http import HttpResponseClientRedirect

from reprieve.accounts.actors import Actor, ActorKind
from reprieve.accounts.models import Person, StaffRole
from reprieve.lib.errors import NotAllowed, NotFound

# What the roles may do beyond looking.
MOVES_CASES = (StaffRole.PRODUCTION, StaffRole.SUPPORT, StaffRole.MANAGER)
ACTS_FOR_CUSTOMERS = (StaffRole.SUPPORT, StaffRole.MANAGER)
DECIDES_REQUESTS = (StaffRole.SUPPORT, StaffRole.MANAGER)
GRANTS_CREDIT = (StaffRole.SUPPORT, StaffRole.MANAGER)
RECORDS_PAYMENTS = (StaffRole.SUPPORT, StaffRole.MANAGER)
DECIDES_REFUNDS = (StaffRole.SUPPORT, StaffRole.MANAGER)
EDITS_PRACTICES = (StaffRole.MANAGER,)
EDITS_CATALOG = (StaffRole.MANAGER,)
IMPORTS_ORDERS = (StaffRole.MANAGER,)
EDITS_POLICIES = (StaffRole.MANAGER,)
RUNS_INVOICES = (StaffRole.MANAGER,)

SEES_EVERY_PRACTICE = (ActorKind.STAFF, ActorKind.SYSTEM)


def rows[M: Model](actor: Actor, model: type[M]) -> QuerySet[M]:
    """The rows of `model` that the actor may see: staff all of them, a person those of their own practice."""
    every = model._default_manager.all()  # noqa: SLF001 - Django's public name for it
    if actor.kind in SEES_EVERY_PRACTICE:
        return every
    path = getattr(model, "PRACTICE_PATH", None)
    if path is None or actor.practice_id is None:
        return every.none()
    return every.filter(**{path: actor.practice_id})


def find[M: Model](actor: Actor, model: type[M], **lookup: object) -> M:
    """The one row that fits. Raises NotFound for no such row and for another practice's alike."""
    found = rows(actor, model).filter(**lookup).first()
    if found is None:
        raise NotFound(gettext("There is nothing at this address, or it belongs to another practice."))
    return found


def require_role(actor: Actor, *roles: StaffRole) -> None:
    """Raises NotAllowed unless the actor is the system or staff in one of the roles."""
    if actor.kind is ActorKind.SYSTEM or (actor.is_staff and actor.role in roles):
        return
    wanted = gettext(" or ").join(str(role.label).lower() for role in roles)
    raise NotAllowed(
        gettext("This is work for %(wanted)s.") % {"wanted": wanted}, remedy=gettext("Ask a colleague in that role.")
    )


def require_may_act(actor: Actor) -> None:
    """Customers act on what is their own; staff in a customer's place only in some roles. Raises NotAllowed."""
    if actor.is_staff:
        require_role(actor, *ACTS_FOR_CUSTOMERS)


@dataclass(frozen=True, slots=True)
class Door:
    """Whom a view lets in: `kind` is public, signed_in, customer or staff; `roles` narrows staff."""

    kind: str
    roles: tuple[StaffRole, ...] = ()


class View(Protocol):
    """A wrapped view, with the door it stands behind."""

    door: Door

    def __call__(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase: ...


type ActorView[**P] = Callable[Concatenate[HttpRequest, Actor, P], HttpResponseBase]


def public[**P](view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> View:
    marked = cast("View", view)
    marked.door = Door("public")
    return marked


def signed_in[**P](view: ActorView[P]) -> View:
    return _behind(Door("signed_in"), view)


def customer[**P](view: ActorView[P]) -> View:
    """People of practices. To staff there is nothing here."""
    return _behind(Door("customer"), view)


def staff[**P](*roles: StaffRole) -> Callable[[ActorView[P]], View]:
    """Staff in one of the roles, or in any if none is named. To customers there is nothing here."""

    def wrap(view: ActorView[P]) -> View:
        return _behind(Door("staff", roles), view)

    return wrap


def _behind[**P](door: Door, view: ActorView[P]) -> View:
    """The view behind its door. What it answers may hold patient data: nothing on the way, and no browser, keeps it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(request.user, Person):
            return _to_sign_in(request)
        actor = Actor.of(request.user)
        _admit(door, actor)
        response = view(request, actor, *args, **kwargs)
        patch_cache_control(response, private=True, no_store=True)
        return response

    wrapped = cast("View", guarded)
    wrapped.door = door
    return wrapped


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in and back; the whole page goes there, also when only a dialog was asked for."""
    if not request.headers.get("HX-Request"):
        return redirect_to_login(request.get_full_path())
    return HttpResponseClientRedirect(redirect_to_login(_page_on_screen(request)).url)


def _page_on_screen(request: HttpRequest) -> str:
    """The path of the page that htmx says it is on; the front page where that is no path of ours."""
    try:
        path = urlsplit(request.headers.get("HX-Current-URL", "")).path
    except ValueError:
        return reverse("home")
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else reverse("home")


def _admit(door: Door, actor: Actor) -> None:
    if (door.kind == "customer" and not actor.is_customer) or (door.kind == "staff" and not actor.is_staff):
        raise NotFound(gettext("There is nothing at this address."))
    if door.roles:
        require_role(actor, *door.roles)
