"""A practice's store credit in the console: its ledger, and granting or taking back."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.actions.grant_credit import grant_credit, take_back_credit
from reprieve.billing import credit
from reprieve.billing.checks import LONGEST_WHY
from reprieve.billing.credit import CreditTooSmall
from reprieve.billing.models import CreditEntry
from reprieve.catalog.models import Product
from reprieve.lib.errors import Invalid
from reprieve.lib.money import from_minor, parse_minor
from reprieve.web.forms import OnceForm, done, show_refusal

SHOWN_ENTRIES = 100
GRANT, TAKE_BACK = "grant", "take_back"


class CreditForm(OnceForm):
    what = forms.ChoiceField(
        label=_("What"), choices=[(GRANT, _("Grant")), (TAKE_BACK, _("Take back"))], widget=forms.RadioSelect
    )
    currency = forms.ChoiceField(label=_("Currency"))
    amount = forms.CharField(
        label=_("Amount"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": _("Please write an amount.")},
    )
    why = forms.CharField(
        label=_("Why"),
        max_length=LONGEST_WHY,
        help_text=_("The practice reads this, for example “A crown came late.”"),
        error_messages={"required": _("Please write why, in a few words.")},
    )

    def __init__(self, data: object = None) -> None:
        super().__init__(data, initial={"what": GRANT, "currency": settings.BUSINESS_CURRENCY})  # type: ignore[arg-type]
        used = set(Product.objects.order_by().values_list("currency", flat=True).distinct())
        choices = [(code, code) for code in sorted({settings.BUSINESS_CURRENCY, *used})]
        self.fields["currency"].choices = choices  # type: ignore[attr-defined]  # it is the ChoiceField above

    def clean(self) -> dict[str, object]:
        """The amount in minor units of the currency. Raises ValidationError at its field."""
        given = super().clean() or {}
        if "amount" in given and "currency" in given:
            try:
                given["amount"] = parse_minor(given["amount"], given["currency"])
            except ValueError as problem:
                self.add_error("amount", str(problem))
        return given


@access.staff(*access.GRANTS_CREDIT)
def practice_credit(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    practice = access.find(actor, Practice, pk=pk)
    form = CreditForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        change = grant_credit if given["what"] == GRANT else take_back_credit
        try:
            change(
                practice_id=pk,
                actor=actor,
                amount_minor=given["amount"],
                currency=given["currency"],
                why=given["why"],
                key=given["key"],
                now=timezone.now(),
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        except CreditTooSmall as refusal:
            form.add_error("amount", refusal.why)
        else:
            words = gettext("The store credit of %s is changed.") % practice.name
            return done(request, words, reverse("console:credit", args=[pk]))
    entries = CreditEntry.objects.filter(practice=practice).select_related("charge").order_by("-pk")
    context = {
        "practice": practice,
        "form": form,
        "balances": [from_minor(minor, code) for code, minor in credit.balances(pk).items()],
        "entries": entries[:SHOWN_ENTRIES],
        "shown_entries": SHOWN_ENTRIES,
    }
    return render(request, "console/practices/credit.html", context, status=422 if form.errors else 200)
