"""What a person can change about themselves."""

import zoneinfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Person
from reprieve.actions.change_my_account import change_my_account
from reprieve.web.forms import RefusalsAt, done


class AccountForm(forms.Form):
    name = forms.CharField(label=_("Your name"), error_messages={"required": _("Please write your name.")})
    emails_enabled = Person._meta.get_field("emails_enabled").formfield()  # noqa: SLF001 - Django's documented way
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Every time on these pages is shown in it."),
        choices=lambda: [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())],
    )


@access.customer
def my_account(request: HttpRequest, actor: Actor) -> HttpResponse:
    person = access.find(actor, Person, pk=actor.person_id)
    now = {"name": person.name, "emails_enabled": person.emails_enabled, "time_zone": person.time_zone}
    form = AccountForm(request.POST if request.method == "POST" else None, initial=now)
    if form.is_valid():
        with RefusalsAt(form):
            change_my_account(actor=actor, **form.cleaned_data)
            return done(request, gettext("Your account is changed."), reverse("portal:my_account"))
    return render(request, "portal/my_account.html", {"form": form}, status=422 if form.is_bound else 200)
