"""What a practice should know before it needs it (C15, C16)."""

from django.utils.translation import gettext_lazy as _

BEFORE_ORDERING = (
    _("Check the product before you submit: once the design has started, it is hard to change."),
    _("Upload all files now. A case without its scans waits."),
    _("Leave a note. If you are unsure about something, say so, and the lab helps you."),
    _("If something is wrong, cancel early: the sooner, the less work is lost."),
)
WHILE_UNDER_WAY = (
    _("Cancel early: once the design has started, it may no longer be possible."),
    _("Leave a note with your reason. A clear reason gets a quick answer."),
    _("Upload all files when you place an order, and check the product before you submit."),
    _("Not sure whether you still need it? Pause it instead of cancelling."),
)
PREVENTS_CANCELLING = (
    _("The case is already in design, or further."),
    _("The reason is missing or unclear."),
    _("Several revisions are in progress."),
    _("It was submitted under the wrong account."),
    _("The final files have been delivered."),
)
