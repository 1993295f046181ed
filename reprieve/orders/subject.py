"""Orders as what rules are about."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reprieve.lib.identifiers import order_id
from reprieve.orders.actions import Action
from reprieve.orders.as_it_was import lives_of
from reprieve.orders.facts import ORDER_FACTS
from reprieve.orders.lifecycle import OVER
from reprieve.orders.models import Order
from reprieve.policies.subjects import SubjectKind, register_subject

ORDERS = register_subject(
    SubjectKind(
        key=Order.SUBJECT,
        model=Order,
        facts=ORDER_FACTS,
        related=("lines", "files", "pauses", "revisions"),
        began="submitted_at",
        began_at=lambda order: order.submitted_at,
        over=Q(status__in=OVER),
        over_since="status_since",
        over_at=lambda order: order.status_since if order.status in OVER else None,
        number=lambda order: order.number,
        prefix="R-",
        pk_of=order_id,
        missing=_("There is no such order, or it belongs to another practice."),
        lives=lives_of,
        amount=lambda order: (sum(line.amount_minor for line in order.lines.all()), order.currency),
        gives_back=frozenset({Action.CANCEL}),
    )
)
