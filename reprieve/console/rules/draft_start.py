"""Beginning a draft: from the version in force, from an older one, or from a DMN file."""

from collections.abc import Sequence

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.actions.draft_policy import draft_policy
from reprieve.console.rules.policy_page import OPEN
from reprieve.dmn.dmnxml import MAX_BYTES, DmnError, FileProblem, Loaded, load
from reprieve.lib.errors import Invalid
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle.drafts import DraftInvalid
from reprieve.policies.models import Outcome, Policy, PolicyVersion
from reprieve.web.forms import done
from reprieve.web.request_size import takes_files

A_FILE = "file"


class StartForm(forms.Form):
    start = forms.ChoiceField(label=_("Start from"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("DMN file"),
        required=False,
        help_text=_("A decision table in DMN 1.1 to 1.5, such as from Camunda Modeler. Its facts have to be ours."),
    )
    decision = forms.CharField(
        label=_("Which decision of the file"),
        required=False,
        max_length=200,
        help_text=_("Only where the file holds several: its name or id."),
    )
    why = forms.CharField(
        label=_("What it changes, and why"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Whoever approves it reads this first. You can write it later."),
    )

    def __init__(self, *args: object, versions: Sequence[PolicyVersion], in_force: PolicyVersion | None) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        choices = [(str(version.number), _words(version, in_force)) for version in versions]
        choices.append((A_FILE, gettext("a DMN file")))
        self.fields["start"].choices = choices  # type: ignore[attr-defined]
        self.fields["start"].initial = str(in_force.number) if in_force else choices[0][0]
        self.fields["file"].widget.attrs["accept"] = ".dmn,.xml"

    def clean(self) -> None:
        """A file where one was chosen, of a size that is read."""
        super().clean()
        file = self.cleaned_data.get("file")
        if self.cleaned_data.get("start") != A_FILE:
            return
        if file is None and "file" not in self.errors:
            self.add_error("file", gettext("Choose a file, or start from a version."))
        elif file is not None and (file.size or 0) > MAX_BYTES:
            self.add_error("file", gettext("This file is larger than 2 MB, which no decision table is."))


def _words(version: PolicyVersion, in_force: PolicyVersion | None) -> str:
    if in_force is not None and version.pk == in_force.pk:
        return gettext("version %d, which is in force") % version.number
    return gettext("version %d") % version.number


@takes_files
@access.staff(*access.EDITS_POLICIES)
def start_draft(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    policy = access.find(actor, Policy, key=key)
    now = timezone.now()
    versions = policy.versions.filter(published_at__isnull=False).defer("definition", "scenarios").order_by("-number")
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = StartForm(*data, versions=list(versions), in_force=version_in_force(policy, now))
    if request.method == "POST" and form.is_valid():
        response = _start(request, actor, policy, form)
        if response is not None:
            return response
    others = policy.drafts.filter(state__in=OPEN).select_related("author").defer("definition", "scenarios")
    context = {"policy": policy, "form": form, "others": others}
    return render(request, "console/rules/draft_start.html", context, status=422 if form.errors else 200)


def _start(request: HttpRequest, actor: Actor, policy: Policy, form: StartForm) -> HttpResponse | None:
    """The way to the new draft; None where the form now says what is wrong."""
    chosen, why = form.cleaned_data["start"], form.cleaned_data["why"]
    now, words = timezone.now(), gettext("The draft is begun. Change it, then try it.")
    try:
        if chosen != A_FILE:
            draft = draft_policy(policy_key=policy.key, actor=actor, now=now, based_on=int(chosen), why=why)
            return done(request, words, reverse("console:draft", args=[draft.pk]))
        loaded = _loaded(form.cleaned_data["file"], form.cleaned_data["decision"])
        draft = draft_policy(
            policy_key=policy.key, actor=actor, now=now, table=loaded.table, dmn_ids=dict(loaded.ids), why=why
        )
    except DmnError as refusal:
        for problem in refusal.problems:
            form.add_error("file", _said(problem))
        return None
    except DraftInvalid as refusal:
        for each in refusal.problems:
            form.add_error("file" if chosen == A_FILE else None, f"{each.message}: {each.hint}.")
        return None
    except Invalid as refusal:
        form.add_error("why" if refusal.field == "why" else None, refusal.why)
        return None
    if loaded.warnings:
        words += " " + gettext("Of the file was left out or guessed: %s") % " ".join(map(_said, loaded.warnings))
    return done(request, words, reverse("console:draft", args=[draft.pk]))


def _loaded(file: "UploadedFile[bytes]", decision: str) -> Loaded:
    """The table of the file; the outputs to which it gives no default fall back to a request to support."""
    fallback = {
        "outcome": Outcome.REQUEST.value,
        "message": gettext("Our rules do not cover this case yet, so support will look at your request."),
    }
    return load(file.read(MAX_BYTES + 1), decision or None, fallback)


def _said(problem: FileProblem) -> str:
    place = gettext("Line %d: ") % problem.line if problem.line else ""
    return f"{place}{problem.message}; {problem.hint}."
