"""What a rule is called: people see its name, everything else knows it by its id, which stays."""

from collections.abc import Collection, Mapping

from django.utils.text import slugify

from reprieve.dmn.table import pointer

LONGEST_ID = 60
OTHERWISE = "rule"


def row_id_for(name: str, taken: Collection[str]) -> str:
    """The id of a new rule of that name: `first-hour`, or `first-hour-2` where there is one already."""
    base = slugify(name)[:LONGEST_ID].strip("-_") or OTHERWISE
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def renamed_ids(ids: Mapping[str, object], old: str, new: str) -> dict[str, object]:
    """The ids of a DMN file, by place (`dmnxml.Loaded.ids`), once a row is called otherwise: they stay with the row."""
    before, after = pointer("rows", old), pointer("rows", new)
    return {_moved(place, before, after): known for place, known in ids.items()}


def _moved(place: str, before: str, after: str) -> str:
    is_in_row = place == before or place.startswith(before + "/")
    return after + place.removeprefix(before) if is_in_row else place
