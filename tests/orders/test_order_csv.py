"""What a CSV file says, and what is wrong with one that says nothing."""

from datetime import UTC, date, datetime

import pytest

from reprieve.orders import order_csv
from reprieve.orders.order_csv import FileUnreadable, Problem, read_orders

HEADER = "practice,reference,patient,product,teeth,quantity,requested_delivery,note"
ROW = 'P-1001,AB-1,J.D.,Crown,"8, 9",2,2026-03-20,Müller'


def read(*lines: str, encoding: str = "utf-8") -> list[Problem]:
    return read_orders("\n".join(lines).encode(encoding))[1]


def why_unreadable(content: bytes) -> str:
    with pytest.raises(FileUnreadable) as refusal:
        read_orders(content)
    return refusal.value.why


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_reads_utf_8_with_and_without_a_mark_and_any_newline(encoding: str, newline: str) -> None:
    (row,), problems = read_orders(newline.join([HEADER, ROW]).encode(encoding))
    assert problems == []
    assert (row.line, row.practice, row.reference, row.note) == (2, "P-1001", "AB-1", "Müller")
    assert (row.teeth, row.quantity, row.requested_delivery) == ((8, 9), 2, date(2026, 3, 20))
    assert (row.payment_terms, row.submitted_at) == ("", None)


def test_columns_may_stand_in_any_order_and_with_capitals() -> None:
    (row,), _ = read_orders(
        b"Submitted at,NOTE,quantity,teeth,product,patient,reference,practice,requested_delivery\n"
        b"2026-03-01T12:00Z,n,,,Crown,J.D.,AB-1,P-1001,\n"
    )
    assert row.practice == "P-1001"
    assert row.submitted_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_counts_lines_across_quoted_cells_and_skips_blank_ones() -> None:
    two_lines = ROW.replace("Müller", '"one\ntwo"')
    rows, _ = read_orders(f"{HEADER}\n{two_lines}\n\n,,,,,,,\n{ROW}".encode())
    assert [row.line for row in rows] == [2, 6]
    assert rows[0].note == "one\ntwo"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b" \r\n", "The file is empty."),
        (b"\xef\xbb\xbf" + HEADER.encode(), "a header and nothing below it"),
        (f"{HEADER}\n{ROW}".encode("utf-16"), "text in UTF-16"),
        (f"{HEADER}\n{ROW}".encode("utf-16-le"), "zero bytes"),
        (f"{HEADER}\n{ROW}".encode("latin-1"), "Line 2 is not UTF-8"),
        (b"PK\x03\x04....", "a spreadsheet"),
        (HEADER.replace(",", ";").encode(), "separated by semicolons"),
        (HEADER.replace(",", "\t").encode(), "separated by tabs"),
        (HEADER.replace(",note", "").encode(), "Missing: note."),
        (HEADER.replace("note", "patient").encode(), "Missing: note. There twice: patient."),
        (f"{HEADER},colour".encode(), "Unknown: colour."),
        (f'{HEADER}\n{ROW}\n"P-1001,AB'.encode(), "The row that begins in line 3 cannot be read"),
    ],
)
def test_says_what_is_wrong_with_the_file_as_a_whole(content: bytes, words: str) -> None:
    assert words in why_unreadable(content)


def test_refuses_a_file_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_csv, "LARGEST_FILE", 1024 * 1024)
    assert why_unreadable(b"x" * (1024 * 1024 + 1)) == "The file is larger than 1 MB. Please split it."


def test_refuses_a_file_of_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_csv, "MOST_ROWS", 2)
    assert read(HEADER, ROW, ROW) == []
    assert "more than 2 rows" in why_unreadable(f"{HEADER}\n{ROW}\n{ROW}\n{ROW}".encode())


@pytest.mark.parametrize(
    ("before", "after", "column"),
    [
        ("P-1001", "", "practice"),
        ("AB-1", "", "reference"),
        ("J.D.", " ", "patient"),
        ("Crown", "", "product"),
        ("8, 9", "8, x", "teeth"),
        ("8, 9", "-8", "teeth"),
        (",2,", ",two,", "quantity"),
        (",2,", ",-2,", "quantity"),
        (",2,", ",2.5,", "quantity"),
        ("2026-03-20", "03/20/2026", "requested_delivery"),
        ("2026-03-20", "2026-02-30", "requested_delivery"),
        ("Müller", "Müller,more", "row"),
        (",Müller", "", "row"),
    ],
)
def test_names_the_column_of_a_bad_cell(before: str, after: str, column: str) -> None:
    (problem,) = read(HEADER, ROW, ROW.replace(before, after))
    assert (problem.line, problem.column) == (3, column)


@pytest.mark.parametrize("cell", ["2026-03-01", "2026-03-01T12:00", "yesterday"])
def test_an_instant_needs_its_offset(cell: str) -> None:
    (problem,) = read(f"{HEADER},submitted_at", f"{ROW},{cell}")
    assert problem.column == "submitted_at"


@pytest.mark.parametrize(
    "cell", ["0001-01-01T00:00Z", "1989-12-31T23:59Z", "2100-01-01T00:00Z", "9999-12-31T23:59:59-14:00"]
)
def test_an_instant_lies_in_a_year_that_orders_come_from(cell: str) -> None:
    (problem,) = read(f"{HEADER},submitted_at", f"{ROW},{cell}")
    assert problem.column == "submitted_at"
    assert problem.what == f"“{cell}” lies outside the years 1990 to 2099."


def test_knows_the_payment_terms() -> None:
    (problem,) = read(f"{HEADER},payment_terms", f"{ROW},weekly", f"{ROW},cash")
    assert (problem.line, problem.column) == (3, "payment_terms")
    assert "per_case, weekly, monthly" in problem.what
