"""Tables to take away as DMN files, which other tools open: of a draft and of a version."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.console.rules.draft_page import find_draft
from reprieve.console.rules.draft_tables import table_of
from reprieve.dmn.dmnxml import dump
from reprieve.dmn.table import TableError
from reprieve.lib.errors import NotFound, Refused
from reprieve.policies.models import Draft, PolicyVersion


class NotWritable(Refused):
    """The table holds what no DMN file can."""


@access.staff()
def draft_file(_request: HttpRequest, actor: Actor, draft_id: int) -> HttpResponse:
    draft = find_draft(actor, draft_id)
    return _attachment(draft, f"{draft.policy.key}-draft-{draft.pk}.dmn")


@access.staff()
def version_file(_request: HttpRequest, actor: Actor, key: str, version: int) -> HttpResponse:
    versions = access.rows(actor, PolicyVersion).filter(published_at__isnull=False)
    found = versions.filter(policy__key=key, number=version).first() if version < 2**31 else None
    if found is None:
        raise NotFound(gettext("There is no such version of this policy."))
    return _attachment(found, f"{key}-v{version}.dmn")


def _attachment(written: Draft | PolicyVersion, name: str) -> HttpResponse:
    ids = {str(place): str(known) for place, known in written.dmn_ids.items()}
    try:
        content = dump(table_of(written), ids)
    except TableError as error:
        problem = error.problems[0]
        raise NotWritable(
            gettext("This table cannot be written as a DMN file: %s.") % problem.message,
            remedy=f"{problem.hint}.",
        ) from error
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="application/xml; charset=utf-8", headers=headers)
