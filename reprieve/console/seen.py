"""The version of a case that was on the screen: what has changed since is refused, not overwritten."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext

from reprieve.lib.errors import Invalid


class SeenForm(forms.Form):
    """Any command on a case: the version that was on the screen."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


def seen_version(request: HttpRequest) -> int:
    """The version that a button carried. Raises Invalid where it carried none."""
    form = SeenForm(request.POST)
    if not form.is_valid():
        raise Invalid(gettext("This form is incomplete. Please open the case again."), field="version")
    version: int = form.cleaned_data["version"]
    return version
