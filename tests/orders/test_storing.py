import pytest

from reprieve.orders.models import FileKind, OrderFile
from reprieve.orders.storing import store_files
from reprieve.orders.uploads import MOST_FILES, FileRefused
from tests.people import Cast
from tests.things import NOON, Catalog, an_order, an_upload


@pytest.mark.parametrize("kind", FileKind)
def test_refuses_more_than_twenty_files_at_once(cast: Cast, catalog: Catalog, kind: FileKind) -> None:
    order, actor = an_order(catalog, cast.actor("owner")), cast.actor("production")
    uploads = [an_upload(f"{number}.stl") for number in range(MOST_FILES + 1)]
    with pytest.raises(FileRefused, match="at most 20 files at once") as refusal:
        store_files(order, uploads, kind, actor=actor, now=NOON)
    assert refusal.value.field == "files"
    assert not OrderFile.objects.exists()
    assert len(store_files(order, uploads[1:], kind, actor=actor, now=NOON)) == MOST_FILES
