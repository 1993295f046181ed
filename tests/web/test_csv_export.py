import pytest

from reprieve.web.csv_export import csv_response, safe


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\N{FULLWIDTH EQUALS SIGN}1",
        "\N{FULLWIDTH PLUS SIGN}1",
        "\N{FULLWIDTH HYPHEN-MINUS}1",
        "\N{FULLWIDTH COMMERCIAL AT}A1",
    ],
)
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Elm Street Dental", "R-1001", "1-1", "a=b"])
def test_what_nobody_would_run_is_left_alone(text: str) -> None:
    assert safe(text) == text


def test_a_cell_keeps_its_commas_quotes_and_lines() -> None:
    sent = b"".join(csv_response("x.csv", ["a"], [['1,"2"\n3']])).decode()
    assert sent == '\ufeffa\r\n"1,""2""\n3"\r\n'
