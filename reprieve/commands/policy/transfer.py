"""`reprieve policy import` and `export`: rules from a file into a draft, and from a version into a file."""

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from django.db import transaction
from django.utils import timezone

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.draft_policy import draft_policy
from reprieve.commands.policy.remarks import Unusable, of_problems, unusable
from reprieve.commands.policy.sources import TOML, Source, read_file, read_version
from reprieve.dmn.dmnxml import dump
from reprieve.dmn.table import Table, TableError, table_to_data
from reprieve.lib.errors import Refused
from reprieve.policies.drafts import DraftInvalid
from reprieve.policies.in_force import version_in_force
from reprieve.policies.models import Draft, Policy
from reprieve.policies.preset_writer import preset_of, to_toml
from reprieve.policies.publishing import policy_for

FORMATS = ("dmn", "toml")


class Import:
    """`import FILE [--key KEY] [--decision NAME] [--why TEXT]`."""

    HELP = "make a draft of a policy from a file; what is in force stays so until the draft is approved"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Its arguments."""
        parser.add_argument("file", type=Path, help="a DMN file (.dmn, .xml) or a preset (.toml)")
        parser.add_argument("--key", help="the policy that it is a draft of; a preset names it itself")
        parser.add_argument("--decision", metavar="NAME", help="which one, where a DMN file holds several decisions")
        parser.add_argument("--why", default="", metavar="TEXT", help="what it changes, and why")

    def run(self, options: dict[str, Any], out: OutputWrapper) -> int:
        """Make the draft. Nothing is saved unless all of the file can be used."""
        source = read_file(options["file"], options["decision"])
        try:
            with transaction.atomic():
                draft = _draft(source, _policy(source, options["key"]), options["why"])
        except DraftInvalid as refusal:
            problems = of_problems(refusal.problems, table_to_data(source.table))
            raise Unusable(source.name, problems) from refusal
        except Refused as refusal:
            raise CommandError(f"{refusal.why} {refusal.remedy}".strip()) from refusal
        for remark in source.remarks:
            out.write(remark.line(source.name))
        out.write(
            f"{draft.policy.key}: draft {draft.pk} is made from {source.name}. "
            "It is tried, simulated and sent for approval in the console."
        )
        return 0


def _policy(source: Source, key: str | None) -> Policy:
    """The policy that the file is a draft of. A preset may begin one."""
    if source.preset is not None:
        policy = policy_for(source.preset)
        if key is not None and key != policy.key:
            sentence = f"The file is about {policy.key}, and not about {key}."
            raise unusable(source.name, sentence, f"Leave out --key, or name {policy.key}.")
        return policy
    if key is None:
        raise unusable(source.name, "A DMN file does not say which policy it is of.", "Name it by --key.")
    found = Policy.objects.filter(key=key).first()
    if found is None:
        known = ", ".join(Policy.objects.order_by("key").values_list("key", flat=True)) or "none is installed"
        raise unusable(source.name, f"There is no policy {key}.", f"Name one of: {known}.", place="the database")
    return found


def _draft(source: Source, policy: Policy, why: str) -> Draft:
    return draft_policy(
        policy_key=policy.key,
        actor=SYSTEM,
        now=timezone.now(),
        table=_with_a_fallback(source.table, policy),
        scenarios=source.scenarios if source.preset else None,
        basis=source.preset.basis if source.preset else None,
        dmn_ids=source.ids,
        why=why,
    )


def _with_a_fallback(table: Table, policy: Policy) -> Table:
    """Where the file says nothing of it, what holds now if no row fits or a fact is missing."""
    version = version_in_force(policy, timezone.now())
    if table.fallback or version is None:
        return table
    names = {output.name for output in table.outputs}
    kept = read_version(f"{policy.key}@{version.number}").table.fallback
    return replace(table, fallback={name: value for name, value in kept.items() if name in names})


class Export:
    """`export KEY [--version N] [--format dmn|toml] [-o FILE]`."""

    HELP = "write a version of a policy as a DMN file, or as a preset with its scenarios"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Its arguments."""
        parser.add_argument("key")
        parser.add_argument("--version", dest="number", type=int, metavar="N", help="default: the one in force")
        parser.add_argument("--format", choices=FORMATS, help="default: that of the file's name, else dmn")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: what is printed")

    def run(self, options: dict[str, Any], out: OutputWrapper) -> int:
        """Write it."""
        number, path = options["number"], options["output"]
        source = read_version(options["key"] if number is None else f"{options['key']}@{number}")
        as_toml = (options["format"] or (path and path.suffix.removeprefix("."))) == TOML.removeprefix(".")
        try:
            text = _toml(source) if as_toml else dump(source.table, source.ids).decode()
        except TableError as error:
            raise Unusable(source.name, of_problems(error.problems, table_to_data(source.table))) from error
        if path is None:
            out.write(text, ending="")
            return 0
        try:
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        return 0


def _toml(source: Source) -> str:
    assert source.version is not None  # noqa: S101 - it was read from one
    return to_toml(preset_of(source.version, source.table, source.scenarios))


import_, export = Import(), Export()
