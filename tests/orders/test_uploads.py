import io
import zipfile

import pytest
from django.core.files.base import ContentFile

from reprieve.orders import uploads
from reprieve.orders.uploads import FileRefused, inspect, tidy_name
from tests.factories.things import stl_bytes

PLY = b"ply\nformat ascii 1.0\nelement vertex 0\nend_header\n"
ASCII_STL = b"solid scan\n facet normal 0 0 1\n  outer loop\n  endloop\n endfacet\nendsolid scan\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
PDF = b"%PDF-1.7\n" + bytes(32)


def zip_bytes() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("upper.stl", stl_bytes())
    return packed.getvalue()


def a_file(name: str, content: bytes) -> "ContentFile[bytes]":
    return ContentFile(content, name=name)


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("upper.stl", stl_bytes(3), "model/stl"),
        ("UPPER.STL", ASCII_STL, "model/stl"),
        ("solid.stl", b"solid but binary".ljust(80, b" ") + stl_bytes(2)[80:], "model/stl"),
        ("scan.ply", PLY, "model/ply"),
        ("all.zip", zip_bytes(), "application/zip"),
        ("photo.png", PNG, "image/png"),
        ("rx.pdf", PDF, "application/pdf"),
    ],
)
def test_knows_a_file_by_its_content(name: str, content: bytes, content_type: str) -> None:
    upload = inspect(a_file(name, content))
    assert (upload.content_type, upload.name, upload.size) == (content_type, name, len(content))
    assert len(upload.sha256) == 64


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("malware.stl", b"MZ\x90\x00" + bytes(200), "malware.stl is not a file that we can use"),
        ("padded.stl", b"MZ" + bytes(78) + stl_bytes(2)[80:], "is not a file that we can use"),
        ("page.stl", b"<html><script>".ljust(80) + stl_bytes(2)[80:], "is not a file that we can use"),
        ("script.stl", b"#!/bin/sh\nrm -rf /\n" + bytes(200), "is not a file that we can use"),
        ("page.pdf", b"<html><script>alert(1)</script>" + bytes(100), "is not a file that we can use"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>" + bytes(100), "is not a file that we can use"),
        ("broken.zip", b"PK\x03\x04" + bytes(100), "is not a file that we can use"),
        ("short.stl", stl_bytes(3)[:-1], "is not a file that we can use"),
        ("empty.stl", b"", "empty.stl is empty"),
        ("photo.stl", PNG, "has the content of a .png file"),
    ],
)
def test_refuses_what_is_not_what_it_says(name: str, content: bytes, words: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        inspect(a_file(name, content))
    assert words in refusal.value.why
    assert refusal.value.field == "files"


def test_refuses_what_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LARGEST_FILE", 2**20)
    content = stl_bytes(30_000)
    with pytest.raises(FileRefused, match=r"scan\.stl is larger than 1 MB"):
        inspect(a_file("scan.stl", content))
    monkeypatch.setattr(uploads, "LARGEST_FILE", len(content))
    assert inspect(a_file("scan.stl", content)).size == len(content)


@pytest.mark.parametrize(
    ("name", "tidied"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\scans\\upper.stl", "upper.stl"),
        ("up\x00per\r\n.stl", "upper.stl"),
        ("\u202elts.exe", "lts.exe"),
        ("", "file"),
        ("Zähne оверхний 上.stl", "Zähne оверхний 上.stl"),
        ("x" * 300 + ".stl", "x" * 196 + ".stl"),
    ],
)
def test_tidies_names(name: str, tidied: str) -> None:
    assert tidy_name(name) == tidied
