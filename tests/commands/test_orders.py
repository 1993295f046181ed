"""`reprieve orders import`: what it prints, and that it fails loudly."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reprieve.history.models import Event
from reprieve.orders.models import Order
from tests.factories.people import Cast

pytestmark = pytest.mark.usefixtures("cast", "catalog")
HEADER = "practice,reference,patient,product,teeth,quantity,requested_delivery,note"


@pytest.fixture
def file(tmp_path: Path, cast: Cast) -> Path:
    path, number = tmp_path / "orders.csv", cast.practice.number
    path.write_text(f"{HEADER}\n{number},AB-1,J.D.,Crowns product,,1,,\n{number},AB-2,M.K.,Crowns product,,1,,\n")
    return path


def run(path: Path, *arguments: str) -> str:
    out = StringIO()
    call_command("orders", "import", str(path), *arguments, stdout=out)
    return out.getvalue().strip()


def test_says_how_many_are_new_and_how_many_were_there(file: Path) -> None:
    assert run(file) == "0 already there, 2 new"
    assert run(file) == "2 already there, 0 new"
    assert Order.objects.count() == 2


def test_names_what_differs(file: Path) -> None:
    run(file)
    file.write_text(file.read_text().replace("J.D.", "X.Y."))
    order = Order.objects.get(customer_reference="AB-1")
    assert run(file) == (
        f"2 already there, 0 new\nAB-1 ({order.number}) says something else than the file; it was left as it is."
    )


def test_prints_every_problem_with_its_line_and_column(file: Path) -> None:
    file.write_text(file.read_text().replace("M.K.", "").replace("AB-1,J.D.,Crowns", "AB-1,J.D.,Crwns"))
    with pytest.raises(CommandError) as refusal:
        run(file)
    assert str(refusal.value) == (
        "The file has 2 problems.\n"
        "line 2, product: There is no product “Crwns product”. Did you mean “Crowns product”?\n"
        "line 3, patient: Write a reference for the patient, such as initials.\n"
        "Nothing was imported. Correct the file and import it again."
    )
    assert not Order.objects.exists()
    assert not Event.objects.exists()


def test_says_how_many_problems_it_does_not_print(file: Path, cast: Cast) -> None:
    rows = "".join(f"{cast.practice.number},AB-{number},J.D.,Nothing,,1,,\n" for number in range(53))
    file.write_text(f"{HEADER}\n{rows}")
    with pytest.raises(CommandError, match=r"… and 3 more\."):
        run(file)


def test_imports_for_one_practice(file: Path, cast: Cast) -> None:
    file.write_text("reference,patient,product,teeth,quantity,requested_delivery,note\nAB-1,J.D.,Crowns product,,1,,\n")
    assert run(file, "--practice", cast.other_practice.number) == "0 already there, 1 new"
    assert Order.objects.get().practice == cast.other_practice


def test_refuses_to_import_for_a_practice_by_its_name(file: Path, cast: Cast) -> None:
    with pytest.raises(CommandError) as refusal:
        run(file, "--practice", "Harbour Smiles")
    assert str(refusal.value) == (
        f"“Harbour Smiles” is a name. Write the practice's number: {cast.other_practice.number} (Harbour Smiles)."
    )
    assert not Order.objects.exists()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nothing\.csv cannot be read: No such file or directory\."):
        run(tmp_path / "nothing.csv")


def test_a_folder_is_not_imported(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Is a directory"):
        run(tmp_path)


def test_a_file_in_another_encoding_is_refused_in_one_sentence(file: Path) -> None:
    file.write_bytes(file.read_text().encode("utf-16"))
    with pytest.raises(CommandError, match="text in UTF-16, not CSV in UTF-8"):
        run(file)
    assert not Order.objects.exists()
