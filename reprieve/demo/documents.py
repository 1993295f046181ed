"""Small, true files for the demo: scans and designs that a viewer opens, and a one-page report."""

import math
import struct
from functools import cache

from django.core.files.base import ContentFile

from reprieve.orders.uploads import Upload, inspect

type Point = tuple[float, float, float]
RINGS, SECTORS = 10, 14
FONT = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
REPORT_LINES = ("Alder & Finch Dental Lab", "Design report", "Margins, contacts and occlusion checked.")


def stl(name: str, shape: int) -> Upload:
    """A binary STL file of something round with cusps; `shape` tells one from another."""
    return inspect(ContentFile(_stl_bytes(shape % 12), name=name))


def pdf(name: str) -> Upload:
    return inspect(ContentFile(_pdf_bytes(), name=name))


@cache
def _stl_bytes(shape: int) -> bytes:
    triangles = []
    for ring in range(RINGS):
        for sector in range(SECTORS):
            a, b = _point(shape, ring, sector), _point(shape, ring, sector + 1)
            c, d = _point(shape, ring + 1, sector), _point(shape, ring + 1, sector + 1)
            triangles += [(a, c, b), (b, c, d)]
    packed = b"".join(struct.pack("<12fH", 0, 0, 0, *a, *b, *c, 0) for a, b, c in triangles)
    return f"Demo shape {shape}".encode().ljust(80, b"\0") + struct.pack("<I", len(triangles)) + packed


def _point(shape: int, ring: int, sector: int) -> Point:
    """A point of a sphere of about a tooth's size, in millimetres, with as many cusps as the shape has."""
    polar, around = math.pi * ring / RINGS, 2 * math.pi * (sector % SECTORS) / SECTORS
    radius = 4 + 0.5 * math.cos((2 + shape % 4) * around) * math.sin(polar) + 0.1 * shape
    return (
        radius * math.sin(polar) * math.cos(around),
        radius * math.sin(polar) * math.sin(around),
        radius * math.cos(polar),
    )


@cache
def _pdf_bytes() -> bytes:
    lines = " ".join(f"({line}) Tj 0 -28 Td" for line in REPORT_LINES)
    text = f"BT /F1 18 Tf 72 720 Td {lines} ET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources %s >>" % FONT,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(out))
    )
