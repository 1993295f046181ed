from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from reprieve.cancellations.models import Cancellation
from reprieve.history.models import Event, EventType
from reprieve.orders.lifecycle import Verb
from reprieve.orders.models import FileKind, Order
from tests.factories.people import Cast
from tests.factories.things import TO_DESIGNED, Catalog, an_order, an_upload, moved, stl_bytes


def deliver(client: Client, order: Order, *files: SimpleUploadedFile, **more: object) -> Any:  # noqa: ANN401 - the test client's own type has no name
    order.refresh_from_db()
    url = f"/console/orders/{order.number}/deliver-files/"
    return client.post(url, {"version": order.version, "files": files, **more})


def test_delivers_several_files(support: Client, order: Order) -> None:
    moved(order, *TO_DESIGNED)
    assert support.get(f"/console/orders/{order.number}/deliver-files/").status_code == 200
    first = SimpleUploadedFile("crown.stl", stl_bytes())
    second = SimpleUploadedFile("model.stl", stl_bytes(2))
    assert deliver(support, order, first, second).status_code == 302
    assert sorted(order.files.filter(kind=FileKind.FINAL).values_list("name", flat=True)) == ["crown.stl", "model.stl"]
    order.refresh_from_db()
    assert order.files_delivered_at is not None


def test_says_at_the_field_that_a_file_is_missing_or_is_not_what_it_says(support: Client, order: Order) -> None:
    moved(order, *TO_DESIGNED)
    nothing = deliver(support, order)
    assert nothing.status_code == 422
    assert "Please choose the files to deliver." in nothing.content.decode()
    renamed = deliver(support, order, SimpleUploadedFile("crown.stl", b"MZ\x90\x00" + bytes(200)))
    assert renamed.status_code == 422
    assert "crown.stl is not a file that we can use" in renamed.content.decode()
    assert not order.files.exists()


def test_refuses_files_before_the_design_is_completed(support: Client, order: Order) -> None:
    assert support.get(f"/console/orders/{order.number}/deliver-files/").status_code == 409
    assert deliver(support, order, SimpleUploadedFile("crown.stl", stl_bytes())).status_code == 409
    assert not order.files.exists()


def test_an_open_request_holds_the_files_unless_overridden(support: Client, asked: Cancellation) -> None:
    order = moved(asked.subject)
    support.post(
        f"/console/orders/{order.number}/move/",
        {"verb": Verb.COMPLETE_DESIGN.value, "version": order.version, "override": "on"},
    )
    assert deliver(support, order, SimpleUploadedFile("crown.stl", stl_bytes())).status_code == 409
    assert not order.files.exists()
    assert deliver(support, order, SimpleUploadedFile("crown.stl", stl_bytes()), override="on").status_code == 302
    assert Event.objects.get(subject_id=order.pk, type=EventType.FILES_DELIVERED).override


def test_sends_a_file_and_only_under_its_own_case(support: Client, cast: Cast, catalog: Catalog) -> None:
    order = an_order(catalog, cast.actor("owner"), files=(an_upload(),))
    other = an_order(catalog, cast.actor("owner"))
    file = order.files.get()
    response = support.get(f"/console/orders/{order.number}/files/{file.pk}/")
    assert response.getvalue() == stl_bytes()
    assert response["Content-Disposition"] == 'attachment; filename="scan.stl"'
    assert support.get(f"/console/orders/{other.number}/files/{file.pk}/").status_code == 404
