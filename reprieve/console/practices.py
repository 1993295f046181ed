"""Practices: who their people are, and what rules may ask about them."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.accounts.models import Practice
from reprieve.actions.change_practice import change_practice
from reprieve.lib import identifiers
from reprieve.web import keyset
from reprieve.web.forms import done
from reprieve.web.order_search import searchable

PAGE_SIZE = 50
MOST_TAGS = 20
LONGEST_TAG = 40


class TagsField(forms.CharField):
    """Words between commas, each once."""

    def prepare_value(self, value: object) -> object:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: object) -> list[str]:  # type: ignore[override]
        """The words, tidied. Raises ValidationError for what no rule could ask for."""
        words = (" ".join(word.split()).lower() for word in str(value or "").split(","))
        tags = list(dict.fromkeys(word for word in words if word))
        if len(tags) > MOST_TAGS:
            raise ValidationError(gettext("Please write at most %d tags.") % MOST_TAGS)
        for tag in tags:
            if not tag.isprintable():
                raise ValidationError(gettext("A tag holds an invisible character. Please type it anew."))
            if len(tag) > LONGEST_TAG:
                raise ValidationError(gettext("Please shorten “%s…” to %d characters.") % (tag[:20], LONGEST_TAG))
        return tags


class PracticeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker alone
    tags = TagsField(
        label=_("Tags"),
        required=False,
        help_text=_("Words between commas that a rule can ask for, such as: key account, new."),
    )

    class Meta:
        model = Practice
        fields = ["plan", "tags", "payment_terms"]
        help_texts = {"payment_terms": _("For new orders; those that are placed keep the terms of their day.")}


@access.staff()
def practices(request: HttpRequest, actor: Actor) -> HttpResponse:
    words = searchable(request.GET.get("q", ""))
    found = access.rows(actor, Practice).prefetch_related("people")
    if words:
        of_person = Q(people__name__icontains=words) | Q(people__email__icontains=words)
        named = Q(name__icontains=words) | Q(pk=identifiers.practice_id(words))
        found = found.filter(named | of_person).distinct()
    page = keyset.page(found, "created_at", request.GET.get("cursor", ""), size=PAGE_SIZE)
    context = {"page": page, "q": words, "may_edit": actor.role in access.EDITS_CATALOG}
    context["may_grant"] = actor.role in access.GRANTS_CREDIT
    return render(request, "console/practices/list.html", context)


@access.staff(*access.EDITS_CATALOG)
def practice(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    found = access.find(actor, Practice, pk=pk)
    name = found.name
    form = PracticeForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        change_practice(practice_id=pk, actor=actor, now=timezone.now(), **form.cleaned_data)
        return done(request, gettext("%s is saved.") % name, reverse("console:practices"))
    context = {"form": form, "name": name}
    return render(request, "console/practices/practice.html", context, status=422 if form.errors else 200)
