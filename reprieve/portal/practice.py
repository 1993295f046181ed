"""The practice in the portal: its people, its terms, and a colleague more or less."""

from allauth.core import ratelimit
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Person, Practice
from reprieve.actions.add_colleague import TooManyInvitations, add_colleague
from reprieve.actions.remove_colleague import find_colleague
from reprieve.actions.remove_colleague import remove_colleague as remove
from reprieve.web.forms import RefusalsAt, done


class ColleagueForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        error_messages={"required": _("Please write your colleague's name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("Your colleague gets a link there to choose a password."),
        error_messages={"required": _("Please write your colleague's e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


@access.customer
def practice(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = ColleagueForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with RefusalsAt(form):
            _slow_down(request, actor)
            colleague = add_colleague(actor=actor, **form.cleaned_data)
            words = gettext("%(name)s is in your practice. A link to choose a password goes to %(email)s.")
            words %= {"name": colleague.name, "email": colleague.email}
            return done(request, words, reverse("portal:practice"))
    context = {
        "practice": access.find(actor, Practice, pk=actor.practice_id),
        "people": access.rows(actor, Person).filter(is_active=True),
        "form": form,
    }
    return render(request, "portal/practice.html", context, status=422 if form.is_bound else 200)


@access.customer
def remove_colleague(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    if request.method == "POST":
        removed = remove(actor=actor, person_id=person_id)
        words = gettext("%s can sign in no more.") % removed.name
        return done(request, words, reverse("portal:practice"))
    return render(request, "portal/remove_colleague.html", {"colleague": find_colleague(actor, person_id)})


def _slow_down(request: HttpRequest, actor: Actor) -> None:
    """Nobody makes us send mail to strangers without end, by removing and adding them again and again."""
    if not ratelimit.consume(request, action="invite_colleague", key=str(actor.practice_id)):
        raise TooManyInvitations(gettext("Your practice has invited many colleagues today. Please go on tomorrow."))
