import pytest

from reprieve.accounts.people import PersonInvalid, tidy_email, tidy_name


@pytest.mark.parametrize(
    ("name", "tidy"), [(" Dr. Ada \n Neu ", "Dr. Ada Neu"), ("n" * 120, "n" * 120), (" " * 200 + "Ada", "Ada")]
)
def test_tidies_a_name(name: str, tidy: str) -> None:
    assert tidy_name(name) == tidy


@pytest.mark.parametrize("name", ["", " \n", "n" * 121])
def test_refuses_a_name_that_is_empty_or_too_long(name: str) -> None:
    with pytest.raises(PersonInvalid, match="up to 120 characters") as refusal:
        tidy_name(name)
    assert refusal.value.field == "name"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ada https://evil.example", "without a web address"),
        ("WWW.evil.example", "without a web address"),
        ("Ada\0", "cannot be seen"),
        ("A\x08da", "cannot be seen"),
        ("Ada \u202enueN", "cannot be seen"),
        ("Ada\u2066", "cannot be seen"),
    ],
)
def test_refuses_a_name_that_would_be_a_link_or_reads_other_than_it_is(name: str, words: str) -> None:
    with pytest.raises(PersonInvalid, match=words) as refusal:
        tidy_name(name, field="practice_name")
    assert refusal.value.field == "practice_name"


@pytest.mark.parametrize("breaking", ["\n", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_name_is_one_line(breaking: str) -> None:
    assert tidy_name(f"Ada{breaking}Bcc: x") == "Ada Bcc: x"


@pytest.mark.parametrize(
    "name", ["Zoë Ångström-O’Neil", "张伟", "نگار می‌خواهم", "Dr. med. dent. A. & B.", "Lab/2: north"]
)
def test_takes_names_as_people_have_them(name: str) -> None:
    assert tidy_name(name) == name


def test_writes_an_address_in_small_letters() -> None:
    assert tidy_email(" Ada.Neu@Example.TEST ") == "ada.neu@example.test"


@pytest.mark.parametrize("email", ["", "ada", "ada@", "ada @example.test", f"{'a' * 300}@example.test"])
def test_refuses_what_is_no_address(email: str) -> None:
    with pytest.raises(PersonInvalid) as refusal:
        tidy_email(email)
    assert refusal.value.field == "email"


def test_refuses_an_address_that_is_too_long() -> None:
    labels = ".".join(["d" * 60] * 4)
    with pytest.raises(PersonInvalid, match="up to 254 characters"):
        tidy_email(f"{'a' * 60}@{labels}.test")
