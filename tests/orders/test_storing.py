import pytest
from django.core.files.storage import default_storage

from reprieve.actions import add_files as adding
from reprieve.actions.add_files import add_files
from reprieve.orders.models import FileKind, Order, OrderFile
from reprieve.orders.storing import add_rows
from reprieve.orders.uploads import MOST_FILES, FileRefused, Upload
from tests.factories.people import Cast
from tests.factories.things import NOON, Catalog, an_order, an_upload


def kept_files() -> set[str]:
    """Every file that lies in the storage."""
    if not default_storage.exists("orders"):
        return set()
    folders, _ = default_storage.listdir("orders")
    return {f"orders/{folder}/{name}" for folder in folders for name in default_storage.listdir(f"orders/{folder}")[1]}


@pytest.fixture
def order(cast: Cast, catalog: Catalog) -> Order:
    return an_order(catalog, cast.actor("owner"))


def add(order: Order, cast: Cast, *uploads: Upload) -> list[OrderFile]:
    return add_files(order_id=order.pk, actor=cast.actor("owner"), uploads=uploads, now=NOON)


@pytest.mark.parametrize("kind", FileKind)
def test_refuses_more_than_twenty_files_at_once(cast: Cast, order: Order, kind: FileKind) -> None:
    uploads = [an_upload(f"{number}.stl") for number in range(MOST_FILES + 1)]
    with pytest.raises(FileRefused, match="at most 20 files at once") as refusal:
        add_rows(order, uploads, kind, actor=cast.actor("production"), now=NOON)
    assert refusal.value.field == "files"
    assert not OrderFile.objects.exists()
    assert len(add_rows(order, uploads[1:], kind, actor=cast.actor("production"), now=NOON)) == MOST_FILES


def test_keeps_the_contents_under_the_names_of_the_rows(cast: Cast, order: Order) -> None:
    before = kept_files()
    (file,) = add(order, cast, an_upload("upper.stl"))
    assert kept_files() - before == {file.stored.name}


def test_leaves_nothing_behind_when_the_history_cannot_be_written(
    cast: Cast, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("no history")

    before = kept_files()
    monkeypatch.setattr(adding, "record_on", fail)
    with pytest.raises(RuntimeError, match="no history"):
        add(order, cast, an_upload())
    assert kept_files() == before
    assert not OrderFile.objects.exists()


def test_does_not_add_the_same_file_twice(cast: Cast, order: Order) -> None:
    add(order, cast, an_upload("upper.stl"))
    before = kept_files()
    assert add(order, cast, an_upload("upper.stl")) == []
    assert kept_files() == before
