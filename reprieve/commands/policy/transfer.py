"""`reprieve policy import` and `export`: rules from a file into a draft, and from a version into a file."""

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from django.db import transaction
from django.utils import timezone

from reprieve.accounts.actors import SYSTEM
from reprieve.actions.draft_policy import draft_policy
from reprieve.commands.policy.remarks import Unusable, of_problems, unusable
from reprieve.commands.policy.sources import TOML, Source, policy_named, read_file, read_version
from reprieve.dmn.dmnxml import dump
from reprieve.dmn.table import TableError, table_to_data
from reprieve.dmn.values import Value
from reprieve.lib.errors import Refused
from reprieve.policies.in_force import version_in_force
from reprieve.policies.lifecycle.drafts import DraftInvalid, table_of
from reprieve.policies.lifecycle.publishing import policy_for
from reprieve.policies.models import Draft, Policy
from reprieve.policies.presets.writer import preset_of, to_toml

FORMATS = ("dmn", "toml")


class Import:
    HELP = "make a draft of a policy from a file; what is in force stays so until the draft is approved"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a DMN file (.dmn, .xml) or a preset (.toml)")
        parser.add_argument("--key", help="the policy that it is a draft of; a preset names it itself")
        parser.add_argument("--decision", metavar="NAME", help="which one, where a DMN file holds several decisions")
        parser.add_argument("--why", default="", metavar="TEXT", help="what it changes, and why")

    def run(self, options: dict[str, Any], out: OutputWrapper) -> int:
        """Make the draft. Nothing is saved unless all of the file can be used."""
        try:
            with transaction.atomic():
                source, policy = _read(options["file"], options["decision"], options["key"])
                draft = _draft(source, policy, options["why"])
        except Refused as refusal:
            raise CommandError(f"{refusal.why} {refusal.remedy}".strip()) from refusal
        for remark in source.remarks:
            out.write(remark.line(source.name))
        out.write(
            f"{policy.key}: draft {draft.pk} is made from {source.name}. "
            "It is tried, simulated and sent for approval in the console."
        )
        return 0


def _read(path: Path, decision: str | None, key: str | None) -> tuple[Source, Policy]:
    """The rules of a file, and the policy that they are about, which a preset may begin."""
    if path.suffix.lower() == TOML:
        source = read_file(path)
        policy = policy_for(source.preset) if source.preset else policy_named(key, source.name)
        if key is not None and key != policy.key:
            sentence = f"The file is about {policy.key}, and not about {key}."
            raise unusable(source.name, sentence, f"Leave out --key, or name {policy.key}.")
        return source, policy
    policy = policy_named(key, str(path))
    return read_file(path, decision, _fallback(policy)), policy


def _fallback(policy: Policy) -> Mapping[str, Value]:
    """What holds now where no row fits or a fact is missing: it goes on to hold where a file does not say."""
    version = version_in_force(policy, timezone.now())
    return table_of(version).fallback if version else {}


def _draft(source: Source, policy: Policy, why: str) -> Draft:
    try:
        return draft_policy(
            policy_key=policy.key,
            actor=SYSTEM,
            now=timezone.now(),
            table=source.table,
            scenarios=source.scenarios if source.preset else None,
            basis=source.basis or None,
            dmn_ids=source.ids,
            why=why,
        )
    except DraftInvalid as refusal:
        raise Unusable(source.name, of_problems(refusal.problems, table_to_data(source.table))) from refusal


class Export:
    HELP = "write a version of a policy as a DMN file, or as a preset with its scenarios"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key")
        parser.add_argument("--version", dest="number", type=int, metavar="N", help="default: the one in force")
        parser.add_argument("--format", choices=FORMATS, help="default: that of the file's name, else dmn")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: what is printed")

    def run(self, options: dict[str, Any], out: OutputWrapper) -> int:
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
