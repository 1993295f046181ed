"""Beginning a draft, and taking its table away as a file."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from reprieve.console.rules.draft_tables import table_of
from reprieve.dmn.dmnxml import MAX_BYTES, dump, load
from reprieve.dmn.table import content_hash
from reprieve.policies.models import Draft, PolicyVersion
from tests.console.rules.draft_pages import get, post, text_of, url

NEW = "/console/policies/order-cancellation/drafts/new/"


def a_file(content: bytes, name: str = "rules.dmn") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def version() -> PolicyVersion:
    return PolicyVersion.objects.get(policy__key="order-cancellation", number=1)


def test_offers_the_version_in_force_first(manager: Client) -> None:
    page = text_of(get(manager, NEW))
    assert "version 1, which is in force" in page
    assert "a DMN file" in page


def test_says_which_draft_of_it_is_open_already(manager: Client) -> None:
    assert "is open already" not in text_of(get(manager, NEW))
    post(manager, NEW, {"start": "1"})
    draft = Draft.objects.get()
    page = get(manager, NEW)
    assert f"Draft {draft.pk} of these rules is open already: begun by Manager, being written" in text_of(page)
    assert f'<a href="{url(draft)}">Draft {draft.pk}</a>' in page.content.decode()
    Draft.objects.update(state="discarded", author=None)
    assert "is open already" not in text_of(get(manager, NEW))
    assert '<td class="soft table__full">Reprieve</td>' in get(manager, "/console/drafts/").content.decode()


def test_begins_with_the_version_in_force(manager: Client) -> None:
    response = post(manager, NEW, {"start": "1", "why": "Shorter hours."})
    draft = Draft.objects.get()
    assert response["Location"] == url(draft)
    assert (draft.based_on_id, draft.why, draft.content_hash) == (
        version().pk,
        "Shorter hours.",
        version().content_hash,
    )
    assert draft.author is not None
    assert draft.author.name == "Manager"


def test_begins_with_a_file_and_keeps_its_ids(manager: Client) -> None:
    ids = {"/table": "the_table", "/rows/shipped": "rule_from_elsewhere"}
    response = post(manager, NEW, {"start": "file", "file": a_file(dump(table_of(version()), ids))})
    draft = Draft.objects.get()
    assert response["Location"] == url(draft)
    assert draft.content_hash == version().content_hash
    file = get(manager, url(draft, "dmn/"))
    assert file["Content-Disposition"] == f'attachment; filename="order-cancellation-draft-{draft.pk}.dmn"'
    assert file["Content-Type"] == "application/xml; charset=utf-8"
    loaded = load(file.content)
    assert content_hash(loaded.table) == draft.content_hash
    assert loaded.ids["/table"] == "the_table"
    assert loaded.ids["/rows/shipped"] == "rule_from_elsewhere"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The submitted file is empty."),
        (b"no xml", "Line 1: "),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "declares a document type"),
        (b"x" * (MAX_BYTES + 1), "This file is larger than 2 MB"),
        (b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "The file holds no decision"),
    ],
)
def test_refuses_a_file_by_name_at_its_field(manager: Client, content: bytes, why: str) -> None:
    response = post(manager, NEW, {"start": "file", "file": a_file(content), "why": "Typed."})
    assert response.status_code == 422
    assert why in text_of(response)
    assert "Typed." in text_of(response)
    assert not Draft.objects.exists()


def test_refuses_a_fact_that_nobody_knows(manager: Client) -> None:
    content = dump(table_of(version())).replace(b"since_submission", b"moon_phase")
    response = post(manager, NEW, {"start": "file", "file": a_file(content)})
    assert response.status_code == 422
    assert "There is no fact moon_phase" in text_of(response)
    assert not Draft.objects.exists()


def test_asks_which_of_several_decisions_and_says_what_was_left_out(manager: Client) -> None:
    content = dump(table_of(version())).replace(b"<inputData", b'<decision id="d2" name="Another"/><inputData', 1)
    asked = post(manager, NEW, {"start": "file", "file": a_file(content)})
    assert asked.status_code == 422
    assert "several decisions" in text_of(asked)
    assert not Draft.objects.exists()
    chosen = {"start": "file", "file": a_file(content), "decision": "Cancelling a case"}
    assert post(manager, NEW, chosen).status_code == 302
    said = text_of(get(manager, url(Draft.objects.get())))
    assert "The decision Another is left out" in said


@pytest.mark.parametrize("start", ["", "2", "x", "file"])
def test_refuses_to_begin_with_nothing(manager: Client, start: str) -> None:
    assert post(manager, NEW, {"start": start}).status_code == 422
    assert not Draft.objects.exists()


def test_hands_a_version_out_as_a_file(support: Client) -> None:
    file = get(support, "/console/policies/order-cancellation/versions/1/dmn/")
    assert content_hash(load(file.content).table) == version().content_hash
    assert support.get("/console/policies/order-cancellation/versions/2/dmn/").status_code == 404
    assert support.get(f"/console/policies/order-cancellation/versions/{10**30}/dmn/").status_code == 404


def test_only_managers_begin_one(support: Client) -> None:
    assert support.get(NEW).status_code == 403
    assert support.post(NEW, {"start": "1"}).status_code == 403
    assert not Draft.objects.exists()
