"""The words of facts and answers: what each fact means, and how rules about it are said.

Each phrase is a whole, for translators: a condition is never put together from a subject and a verb. What has no
phrase here is said in general words (`policies.words.rules`).
"""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from reprieve.dmn.cell import Cell, Interval
from reprieve.dmn.values import Value
from reprieve.policies.models import Outcome

MEANINGS: Mapping[str, object] = {
    "status": _("Where the case stands."),
    "status_before_pause": _("Where the case stood when it was paused; not known while it is not paused."),
    "product_family": _("What the case consists of. It may contain several families."),
    "design_stage": _("How far the design is."),
    "production_stage": _("How far fabrication is; design services never leave its first stage."),
    "work_done": _("How much of the work is behind it, as a share: 50 % is half."),
    "files_submitted": _("Whether the customer has submitted files."),
    "since_submission": _("How long ago the case was submitted."),
    "since_status": _("How long ago its status last changed."),
    "paused_in_all": _("The length of its earlier pauses together; a running one does not count yet."),
    "pauses": _("How often it has been paused, a running pause included."),
    "revisions_in_progress": _("How many of its revisions are not closed."),
    "files_delivered": _("Whether the final files have been delivered."),
    "shipped": _("Whether it has ever shipped, whatever its status is now."),
    "delivery_in": _("How long until the requested day of delivery begins; not known if no day was asked for."),
    "payment_terms": _("The practice’s terms of payment when the case was placed."),
    "charged": _("Whether the case has been charged."),
    "amount": _("The sum of its lines at the prices of the day it was placed, in its own currency."),
    "plan": _("The practice’s plan."),
    "tags": _("The practice’s tags."),
    "weekday": _("The day on which somebody asks, in the time zone of the business."),
    "hour": _("The hour at which somebody asks, from 0 to 23, in the time zone of the business."),
    "reason": _("The reason that was chosen; not known until one is."),
    "who_asks": _("Who asks: a customer, staff, a program, or the product itself."),
    "service": _("What the appointment is for."),
    "service_category": _("The category of its service."),
    "provider": _("Who gives the appointment."),
    "notice": _("How long until the appointment starts; negative once it has."),
    "since_booking": _("How long ago it was booked."),
    "lead": _("The time between its booking and its start."),
    "start_weekday": _("The day on which it starts, in the time zone of the business."),
    "deposit_paid": _("Whether a deposit has been paid."),
    "late_cancellations": _("How often the customer has cancelled late within a year."),
    "no_shows": _("How often the customer has not come within a year."),
    "customer": _("Whether the customer is new or returns."),
}

ANSWERS: Mapping[tuple[str, str], object] = {
    ("cancel", Outcome.ALLOW.value): _("customers can cancel the case themselves"),
    ("cancel", Outcome.REQUEST.value): _("customers can ask support to cancel the case"),
    ("cancel", Outcome.REFUSE.value): _("the case cannot be cancelled"),
    ("pause", Outcome.ALLOW.value): _("customers can pause the case themselves"),
    ("pause", Outcome.REQUEST.value): _("customers can ask support to pause the case"),
    ("pause", Outcome.REFUSE.value): _("the case cannot be paused"),
    ("resume", Outcome.ALLOW.value): _("customers can resume the case themselves"),
    ("resume", Outcome.REQUEST.value): _("customers can ask support to resume the case"),
    ("resume", Outcome.REFUSE.value): _("the case cannot be resumed"),
}

ANSWERED: Mapping[tuple[str, Value], object] = {
    ("keep_processing_fee", True): _("The card’s processing fee is kept."),
    ("keep_processing_fee", False): _("The card’s processing fee is refunded as well."),
    ("keep_deposit", True): _("The deposit is kept."),
    ("keep_deposit", False): _("The deposit is refunded as well."),
    ("refund_to", "origin"): _("The refund goes back to where the payment came from."),
    ("refund_to", "store_credit"): _("The refund becomes store credit."),
}
LENGTHS: Mapping[str, object] = {
    "undo_window": _("It can be undone for %s."),
    "longest_pause": _("The pause lasts %s at most."),
    "grace": _("When that has run out, the case can still be restored for %s."),
}
TEXTS: Mapping[str, object] = {
    "fixed_fee": _("A fixed fee of %s is kept."),
    "staff_note": _("Note to staff: “%s”"),
}

NOUNS: Mapping[str, object] = {
    "status": _("the status"),
    "status_before_pause": _("the status before the pause"),
    "product_family": _("the product families"),
    "design_stage": _("the design"),
    "production_stage": _("the fabrication"),
    "work_done": _("the share of the work done"),
    "since_submission": _("the time since submission"),
    "since_status": _("the time in this status"),
    "paused_in_all": _("the length of its earlier pauses together"),
    "pauses": _("the number of pauses"),
    "revisions_in_progress": _("the number of revisions in progress"),
    "delivery_in": _("the time until the requested delivery"),
    "payment_terms": _("the practice’s terms of payment"),
    "amount": _("the amount"),
    "plan": _("the practice’s plan"),
    "tags": _("the practice’s tags"),
    "weekday": _("the weekday"),
    "hour": _("the hour of the day"),
    "reason": _("the reason chosen"),
    "who_asks": _("the one who asks"),
    "service": _("the service"),
    "service_category": _("the category of the service"),
    "provider": _("the provider"),
    "notice": _("the notice before the start"),
    "since_booking": _("the time since booking"),
    "lead": _("the time between booking and start"),
    "start_weekday": _("the weekday of the start"),
    "late_cancellations": _("the number of late cancellations in a year"),
    "no_shows": _("the number of appointments missed in a year"),
    "customer": _("the customer"),
}
SAID: Mapping[tuple[str, Value], object] = {
    ("design_stage", "not_started"): _("the design has not started"),
    ("design_stage", "started"): _("the design is in progress"),
    ("design_stage", "completed"): _("the design is completed"),
    ("production_stage", "not_started"): _("the fabrication has not started"),
    ("production_stage", "fabricating"): _("the fabrication is in progress"),
    ("production_stage", "ready_to_ship"): _("the case is ready to ship"),
    ("files_submitted", True): _("files have been submitted"),
    ("files_submitted", False): _("no files have been submitted"),
    ("files_delivered", True): _("the final files have been delivered"),
    ("files_delivered", False): _("the final files have not been delivered"),
    ("shipped", True): _("the case has shipped"),
    ("shipped", False): _("the case has never shipped"),
    ("charged", True): _("the case has been charged"),
    ("charged", False): _("the case has not been charged"),
    ("deposit_paid", True): _("the deposit has been paid"),
    ("deposit_paid", False): _("the deposit has not been paid"),
    ("revisions_in_progress", 0): _("no revision is in progress"),
    ("pauses", 0): _("the case has never been paused"),
    ("who_asks", "customer"): _("a customer asks"),
    ("who_asks", "staff"): _("a member of staff asks"),
    ("who_asks", "program"): _("a program asks"),
    ("who_asks", "system"): _("the product itself asks"),
}
DENIED: Mapping[tuple[str, Value], object] = {
    ("design_stage", "not_started"): _("the design has started"),
    ("design_stage", "completed"): _("the design is not completed"),
    ("production_stage", "not_started"): _("the fabrication has started"),
    ("production_stage", "ready_to_ship"): _("the case is not yet ready to ship"),
    ("revisions_in_progress", 0): _("a revision is in progress"),
}
COUNTS: Mapping[str, Mapping[Cell, object]] = {
    "revisions_in_progress": {Cell(intervals=(Interval(0, None),)): _("a revision is in progress")},
    "pauses": {Cell(intervals=(Interval(0, None),)): _("the case has been paused before")},
}
HOLDS: Mapping[str, tuple[object, object]] = {
    "product_family": (_("the case contains %(values)s"), _("the case contains no %(values)s")),
    "tags": (_("the practice is tagged %(values)s"), _("the practice is not tagged %(values)s")),
}
AGES: Mapping[str, tuple[object, object]] = {
    "since_submission": (_("the case was submitted %s"), _("%s ago")),
    "since_status": (_("the case has had this status for %s"), "%s"),
    "delivery_in": (_("delivery is wanted in %s"), "%s"),
}
