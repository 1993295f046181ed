"""Adding files and saving them."""

from contextlib import closing
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from reprieve.orders.models import FileKind, Order, OrderFile
from reprieve.orders.storing import add_rows, store_contents
from tests.factories.people import Cast
from tests.factories.things import NOON, TO_SHIPPED, Catalog, an_order, an_upload, moved, stl_bytes
from tests.portal.conftest import SignIn


@pytest.fixture(autouse=True)
def files_in(tmp_path: Path, settings: Settings) -> None:
    """A folder of each test's own."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path, "base_url": None},
        },
    }


@pytest.fixture
def order(catalog: Catalog, cast: Cast) -> Order:
    return an_order(catalog, cast.actor("owner"), files=(an_upload("upper.stl"),))


def url(order: Order) -> str:
    return f"/orders/{order.number}/files/"


def stl(name: str = "lower.stl", triangles: int = 2) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, stl_bytes(triangles))


class TestAdd:
    def test_adds_several_and_counts_them(self, owner: Client, order: Order) -> None:
        response = owner.post(url(order), {"files": [stl("a.stl"), stl("b.stl")]}, follow=True)
        assert "2 files added." in response.content.decode()
        assert sorted(order.files.values_list("name", flat=True)) == ["a.stl", "b.stl", "upper.stl"]

    def test_adds_none_twice(self, owner: Client, order: Order) -> None:
        response = owner.post(url(order), {"files": [stl("upper.stl", 1)]}, follow=True)
        assert "These files were here already." in response.content.decode()
        assert order.files.count() == 1

    @pytest.mark.parametrize(
        ("file", "words"),
        [
            pytest.param(SimpleUploadedFile("setup.stl", b"MZ" + bytes(200)), "setup.stl is not a file", id="program"),
            pytest.param(SimpleUploadedFile("none.stl", b""), "none.stl is empty", id="empty"),
            pytest.param(SimpleUploadedFile("scan.pdf", stl_bytes()), "Please give it that ending", id="wrong ending"),
            pytest.param(SimpleUploadedFile("x.html", b"<script>alert(1)</script>"), "x.html is not a file", id="page"),
        ],
    )
    def test_names_the_file_that_cannot_be_used_and_stores_nothing(
        self, file: SimpleUploadedFile, words: str, owner: Client, order: Order, tmp_path: Path
    ) -> None:
        file.seek(0)
        response = owner.post(url(order), {"files": [stl(), file]})
        assert response.status_code == 422
        assert words in response.content.decode()
        assert order.files.count() == 1
        assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1

    def test_asks_for_a_file_where_none_was_chosen(self, owner: Client, order: Order) -> None:
        response = owner.post(url(order))
        assert response.status_code == 422
        assert "Please choose a file." in response.content.decode()

    def test_refuses_files_for_what_has_shipped(self, owner: Client, catalog: Catalog, cast: Cast) -> None:
        order = moved(an_order(catalog, cast.actor("owner")), *TO_SHIPPED)
        response = owner.post(url(order), {"files": [stl()]})
        assert response.status_code == 409
        assert "no more files can be added" in response.content.decode()
        assert not order.files.exists()

    def test_shows_a_form_of_its_own(self, owner: Client, order: Order) -> None:
        assert 'name="files"' in owner.get(url(order)).content.decode()


class TestDownload:
    def test_sends_the_file_to_save_and_forbids_guessing_its_kind(self, owner: Client, order: Order) -> None:
        file = order.files.get()
        with closing(owner.get(f"{url(order)}{file.pk}/")) as response:
            assert response.status_code == 200
            assert response.getvalue() == stl_bytes()
        assert response.headers["Content-Disposition"] == 'attachment; filename="upper.stl"'
        assert response.headers["Content-Type"] == "model/stl"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in response.headers["Cache-Control"]

    def test_keeps_a_name_in_any_script(self, owner: Client, order: Order, cast: Cast) -> None:
        actor = cast.actor("owner")
        upload = an_upload('Zähne "oben".stl')
        (file,) = add_rows(order, [upload], FileKind.SUBMITTED, actor=actor, now=NOON)
        store_contents([file], [upload])
        with closing(owner.get(f"{url(order)}{file.pk}/")) as response:
            disposition = response.headers["Content-Disposition"]
        assert "filename*=utf-8''Z%C3%A4hne%20%22oben%22.stl" in disposition

    def test_lets_a_colleague_have_it(self, sign_in: SignIn, order: Order) -> None:
        with closing(sign_in("colleague").get(f"{url(order)}{order.files.get().pk}/")) as response:
            assert response.status_code == 200

    def test_hides_it_from_a_stranger_also_under_their_own_order(
        self, stranger: Client, order: Order, catalog: Catalog, cast: Cast
    ) -> None:
        file, own = order.files.get(), an_order(catalog, cast.actor("stranger"))
        assert stranger.get(f"{url(order)}{file.pk}/").status_code == 404
        assert stranger.get(f"{url(own)}{file.pk}/").status_code == 404

    def test_hides_it_under_another_order_of_the_practice(
        self, owner: Client, order: Order, catalog: Catalog, cast: Cast
    ) -> None:
        other = an_order(catalog, cast.actor("owner"))
        assert owner.get(f"{url(other)}{order.files.get().pk}/").status_code == 404

    def test_shows_final_files_apart(self, owner: Client, order: Order, cast: Cast) -> None:
        add_rows(order, [an_upload("final.stl")], FileKind.FINAL, actor=cast.actor("production"), now=NOON)
        page = owner.get(f"/orders/{order.number}/").content.decode()
        assert page.index("Final files") < page.index("final.stl") < page.index("upper.stl")
        assert OrderFile.objects.count() == 2
