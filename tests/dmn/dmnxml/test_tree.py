from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reprieve.dmn.decide import compile_table
from reprieve.dmn.dmnxml import MAX_BYTES, DmnError, load
from reprieve.dmn.dmnxml.vocabulary import MODEL
from tests.dmn.dmnxml.files import FILE, changed, refusal
from tests.examples import how_many

BOMB = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n<definitions'

DEEP = "<a>" * 60 + "</a>" * 60


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (changed("<definitions", BOMB), "line 2: The file declares a document type or entities"),
        (changed("<definitions", '<!DOCTYPE d SYSTEM "file:///etc/passwd"><definitions'), "document type or entities"),
        (changed("<definitions", "<!DOCTYPE d><definitions"), "line 2: The file declares a document type or entities"),
        (b" " * (MAX_BYTES + 1), "the file: The file has more than 2,000,000 bytes"),
        (changed('<rule id="r1">', f'<rule id="r1">{DEEP}'), "line 17: Elements are nested more than 60 deep"),
        (changed("</decision>", ""), "mismatched tag"),
        (FILE[:700].encode(), "This is no XML"),
        (b"", "no element found"),
        (b"\x00\x01\x02", "This is no XML"),
        (b"PK\x03\x04", "This is no XML"),
        (b'{"name": "x"}', "This is no XML"),
        (changed('encoding="UTF-8"', 'encoding="nonsense"'), "encoding"),
        (changed('encoding="UTF-8"', 'encoding="utf-7"'), "encoding"),
        (b"<html/>", "This is no DMN that is understood, but html"),
        (changed("20191111/MODEL", "20991111/MODEL"), "export it as DMN 1.1, 1.2, 1.3, 1.4, 1.5"),
        (f'<decision xmlns="{MODEL}"/>'.encode(), "This is no DMN that is understood, but decision"),
        (f'<definitions xmlns="{MODEL}"/>'.encode(), "The file holds no decision"),
    ],
)  # fmt: skip
def test_refuses_what_is_no_dmn_file_or_a_dangerous_one(data: bytes, problem: str) -> None:
    (found,) = refusal(data)
    assert problem in found


@settings(max_examples=how_many(300), deadline=None)
@given(st.integers(0, len(FILE)), st.integers(0, 40), st.binary(max_size=8) | st.sampled_from([b"<", b'"', b"&#0;"]))
def test_reads_or_refuses_any_bytes(start: int, length: int, put: bytes) -> None:
    data = FILE.encode()
    with suppress(DmnError):  # and nothing else
        compile_table(load(data[:start] + put + data[start + length :]).table)
