"""A file on the disk: who may read it there, and what is said when it is gone."""

import logging
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from reprieve.orders.models import Order, OrderFile
from tests.factories.people import Cast
from tests.factories.things import Catalog, an_order, an_upload, stl_bytes


@pytest.fixture
def order(catalog: Catalog, cast: Cast, rules: None) -> Order:
    return an_order(catalog, cast.actor("owner"), files=(an_upload("Anna-upper.stl"),))


def path_of(file: OrderFile) -> Path:
    return Path(default_storage.path(str(file.stored.name)))


@pytest.mark.parametrize(("who", "door"), [("owner", "/orders"), ("support", "/console/orders")])
def test_says_that_a_file_is_lost_and_logs_which_without_its_name(
    client: Client, cast: Cast, order: Order, caplog: pytest.LogCaptureFixture, who: str, door: str
) -> None:
    file = order.files.get()
    path_of(file).unlink()
    client.force_login(getattr(cast, who))
    with caplog.at_level(logging.ERROR, logger="reprieve"):
        response = client.get(f"{door}/{order.number}/files/{file.pk}/")
    assert response.status_code == 409
    assert "Anna-upper.stl cannot be sent" in response.content.decode()
    assert [record.getMessage() for record in caplog.records if record.name.startswith("reprieve")] == [
        f"The content of file {file.pk} is not in the storage."
    ]
    assert "Anna" not in caplog.text


def test_a_stranger_does_not_learn_that_a_file_is_lost(client: Client, cast: Cast, order: Order) -> None:
    file = order.files.get()
    path_of(file).unlink()
    client.force_login(cast.stranger)
    response = client.get(f"/orders/{order.number}/files/{file.pk}/")
    assert response.status_code == 404
    assert "Anna" not in response.content.decode()


@pytest.mark.parametrize("triangles", [1, 60_000], ids=["small, kept in memory", "large, on the disk while it arrives"])
def test_nobody_else_on_the_machine_reads_what_was_uploaded(
    client: Client, cast: Cast, order: Order, triangles: int
) -> None:
    client.force_login(cast.owner)
    client.post(f"/orders/{order.number}/files/", {"files": [SimpleUploadedFile("b.stl", stl_bytes(triangles))]})
    path = path_of(order.files.get(name="b.stl"))
    assert [place.stat().st_mode & 0o777 for place in (path, path.parent)] == [0o600, 0o700]
