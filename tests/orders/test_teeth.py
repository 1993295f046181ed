import pytest

from reprieve.orders.teeth import parse_teeth


@pytest.mark.parametrize(
    ("text", "teeth"),
    [
        ("8", (8,)),
        ("8, 9", (8, 9)),
        (" 8;9  10,", (8, 9, 10)),
        ("3, 14-16", (3, 14, 15, 16)),
        ("6–8", (6, 7, 8)),
        ("6 - 8", (6, 7, 8)),
        ("11-6", (6, 7, 8, 9, 10, 11)),
        ("9 8 9", (9, 8, 9)),
        ("40", (40,)),
        ("", ()),
        (" , ", ()),
    ],
)
def test_reads_what_people_write(text: str, teeth: tuple[int, ...]) -> None:
    assert parse_teeth(text) == teeth


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("8, x", "x"),
        ("upper left", "upper"),
        ("-8", "-8"),
        ("8-", "8-"),
        ("123", "123"),
        ("1-2-3", "1-2-3"),
        ("٣", "٣"),
    ],
)
def test_names_the_part_that_is_no_tooth(text: str, part: str) -> None:
    with pytest.raises(ValueError, match=f"“{part}” is not a tooth number. Write them such as 3, 14-16."):
        parse_teeth(text)


def test_shortens_the_part_that_it_names() -> None:
    with pytest.raises(ValueError, match=f"“{'x' * 20}” is not"):
        parse_teeth("x" * 150)


def test_refuses_to_count_without_end() -> None:
    assert len(parse_teeth("1-99," * 40)) == 40 * 99
    with pytest.raises(ValueError, match="name each tooth once"):
        parse_teeth("1-99," * 41)
