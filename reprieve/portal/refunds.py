"""The place on an order's page where its refund stands."""

from django.utils.translation import gettext

from reprieve.web.order_page import OrderPage
from reprieve.web.terms import kept_cost_in_words


def refund_in_words(page: OrderPage) -> str:
    """One sentence, from the decision that was kept, or from what the rules offer now."""
    asked = page.cancellation or page.request
    if asked is not None:
        return kept_cost_in_words(asked.decision)
    offered = next((offer for offer in page.offers if offer.key in ("cancel", "request") and not offer.refused), None)
    if offered is None:
        return gettext("This case cannot be cancelled now, so there is nothing to refund.")
    return gettext("If it is cancelled: %s") % offered.cost
