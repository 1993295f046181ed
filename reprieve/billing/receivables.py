"""Which invoices are still to be paid, which of them late, and on which a card was declined: in SQL, for any number.

What is open is what `billing.documents.Document` says of one; a test compares the two.
"""

from collections.abc import Mapping
from datetime import date

from django.db import models
from django.db.models import BigIntegerField, Case, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.billing.documents import with_amounts
from reprieve.billing.models import ChargeState, Invoice, InvoiceKind, InvoiceLine, Payment, PaymentState
from reprieve.lib import money
from reprieve.lib.errors import Refused


class Receivable(models.TextChoices):
    """What an invoice that is not paid may have come to. Each of the later two is open as well."""

    OPEN = "open", _("Open")
    OVERDUE = "overdue", _("Overdue")
    DECLINED = "declined", _("Card declined")


class OpenAmountChanged(Refused):
    """What is open of the invoice is another amount than the one that was shown."""

    usual_remedy = _("Have a look at the new amount, then decide again.")


def with_open(rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """The rows with what `documents.document` needs, what is open of each, and how the last try with a card ended.

    `open_minor` is 0 for a credit note. `card_state` and `card_problem` are of the last payment by card, None without.
    """
    tries = Payment.objects.filter(invoice=OuterRef("pk"), card__isnull=False).order_by("-pk")
    total, gone = F("amount_minor") + F("tax_minor"), F("credited_minor") + F("paid_before_minor") + F("paid_minor")
    return with_amounts(rows).annotate(
        open_minor=Case(
            When(kind=InvoiceKind.INVOICE, then=total - gone), default=Value(0), output_field=BigIntegerField()
        ),
        card_state=Subquery(tries.values("state")[:1]),
        card_problem=Subquery(tries.values("problem")[:1]),
    )


def narrowed(rows: QuerySet[Invoice], which: str, *, today: date) -> QuerySet[Invoice]:
    """Those of the rows of `with_open` that are what is wanted; all of them where it is no Receivable."""
    return _unsettled(rows).filter(_is(which, today)) if which in Receivable else rows


def counts(rows: QuerySet[Invoice], *, today: date) -> Mapping[str, int]:
    """How many of the rows of `with_open` are open, overdue, and have a declined card; in one query."""
    return (
        _unsettled(rows)
        .order_by()
        .aggregate(**{which.value: Count("pk", filter=_is(which, today)) for which in Receivable})
    )


def require_open(invoice: Invoice, open_minor: int, *, shown_minor: int | None) -> None:
    """Raises OpenAmountChanged unless what is open is what was shown. None: nobody was shown it."""
    if shown_minor is None or shown_minor == open_minor:
        return
    shown, now = (money.display(money.from_minor(minor, invoice.currency)) for minor in (shown_minor, open_minor))
    raise OpenAmountChanged(
        gettext("%(now)s is open of %(name)s now, no longer %(shown)s. Nothing has been done.")
        % {"now": now, "name": invoice.name, "shown": shown}
    )


def _unsettled(rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Those with a charge that is not paid. Only they can be open, and what is open is not summed up for all the rest.

    An index holds these charges alone: however many invoices there have been, most are paid.
    """
    lines = InvoiceLine.objects.filter(charge__state=ChargeState.INVOICED, corrects=None)
    return rows.filter(pk__in=lines.order_by().values("invoice"))


def _is(which: str, today: date) -> Q:
    is_open = Q(open_minor__gt=0)
    if which == Receivable.OVERDUE:
        return is_open & Q(due_on__lt=today)
    if which == Receivable.DECLINED:
        return is_open & Q(card_state=PaymentState.FAILED)
    return is_open
