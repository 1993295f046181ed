"""Files that people send: what they are is read from their content, never from their name."""

import hashlib
import struct
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

import filetype
from django.core.files import File
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reprieve.lib.errors import Invalid

ACCEPTED = _("STL, PLY, ZIP, PDF, PNG, JPEG or WebP")
LARGEST_FILE = 100 * 1024 * 1024
MOST_FILES = 20
HEAD_BYTES = 8192
STL_HEADER, STL_TRIANGLE = 84, 50
KNOWN_BY_SIGNATURE = {
    "application/pdf": (".pdf",),
    "application/zip": (".zip",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
}
SUFFIXES = {"model/stl": (".stl",), "model/ply": (".ply",), **KNOWN_BY_SIGNATURE}
# What programs and pages begin with; the 80 bytes of an STL header may hold anything else.
FOREIGN_HEADS = (b"MZ", b"\x7fELF", b"#!", b"<", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
NAME_LENGTH = 200


class FileRefused(Invalid):
    """A file that is empty, too large, or not of an accepted kind; none where some are needed, or too many at once."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was looked at: its content, its tidied name, and what it proved to be."""

    content: "File[bytes]"
    name: str
    content_type: str
    size: int
    sha256: str


def inspect(content: "File[bytes]", *, field: str = "files") -> Upload:
    """Look at a file. Raises FileRefused, naming the file and what to do."""
    name = tidy_name(content.name or "file")
    size = content.size or 0
    if size == 0:
        raise FileRefused(gettext("%s is empty. Please export it again and choose the new file.") % name, field=field)
    if size > LARGEST_FILE:
        raise FileRefused(
            gettext("%(name)s is larger than %(limit)d MB. Please send it as a ZIP file.")
            % {"name": name, "limit": LARGEST_FILE // 2**20},
            field=field,
        )
    content_type = recognise(content)
    if content_type is None:
        raise FileRefused(
            gettext("%(name)s is not a file that we can use, whatever its name says. Please choose %(accepted)s.")
            % {"name": name, "accepted": ACCEPTED},
            field=field,
        )
    if not name.lower().endswith(SUFFIXES[content_type]):
        raise FileRefused(
            gettext("%(name)s has the content of a %(suffix)s file. Please give it that ending, or choose another.")
            % {"name": name, "suffix": SUFFIXES[content_type][0]},
            field=field,
        )
    return Upload(content, name, content_type, size, _sha256(content))


def recognise(content: "File[bytes]") -> str | None:
    """The MIME type that the content proves, or None."""
    content.seek(0)
    head = content.read(HEAD_BYTES)
    content.seek(0)
    if head.startswith((b"ply\n", b"ply\r\n")) and b"\nformat " in head:
        return "model/ply"
    if _is_stl(head, content.size or 0):
        return "model/stl"
    kind = filetype.guess_mime(head)
    if kind == "application/zip" and not zipfile.is_zipfile(content):
        return None
    content.seek(0)
    return kind if kind in KNOWN_BY_SIGNATURE else None


def tidy_name(name: str) -> str:
    """The name without folders and control characters, short enough to keep, its ending preserved."""
    base = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    clean = "".join(char for char in base if unicodedata.category(char)[0] != "C").strip() or "file"
    suffix = PurePosixPath(clean).suffix
    return clean if len(clean) <= NAME_LENGTH else clean[: NAME_LENGTH - len(suffix)] + suffix


def _is_stl(head: bytes, size: int) -> bool:
    """Text that begins as STL does, or triangles whose number agrees with the size and that are nothing else too."""
    if head.lstrip().startswith(b"solid") and (b"facet" in head or b"endsolid" in head):
        return True
    if len(head) < STL_HEADER or head.startswith(FOREIGN_HEADS) or filetype.guess_mime(head) is not None:
        return False
    (triangles,) = struct.unpack_from("<I", head, STL_HEADER - 4)
    return bool(triangles) and size == STL_HEADER + STL_TRIANGLE * triangles


def _sha256(content: "File[bytes]") -> str:
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
    content.seek(0)
    return digest.hexdigest()
