"""Where rules on the command line come from: a DMN file, a TOML file, or a policy in the database."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils import timezone

from reprieve.commands.policy.remarks import Remark, Unusable, of_file_problem, of_problems, unusable
from reprieve.dmn.dmnxml import MAX_BYTES, DmnError
from reprieve.dmn.dmnxml import load as load_dmn
from reprieve.dmn.table import Table, TableError, table_from_data
from reprieve.dmn.values import Value
from reprieve.policies.evidence.scenarios import Scenario, scenarios_from_data
from reprieve.policies.in_force import version_in_force
from reprieve.policies.models import Outcome, Policy, PolicyVersion
from reprieve.policies.presets import files as preset_files
from reprieve.policies.presets import shape as preset_shape
from reprieve.policies.presets.files import Preset

DMN, TOML = (".dmn", ".xml"), ".toml"
_VERSION = re.compile(r"(?P<key>[-\w]+)(?:@(?P<number>[0-9]{1,9}))?")


@dataclass(frozen=True, slots=True)
class Source:
    """Rules, and what came with them.

    Attributes:
        name: how they were asked for, for messages.
        table: sound, as far as `dmn.check` goes.
        is_policy: whether they are to answer with an outcome; a DMN file may hold any table.
        scenarios: examples that must hold.
        remarks: what was left out or guessed while they were read.
        ids: those of a DMN file.
        preset: of a TOML file, the policy that it describes.
        version: of a policy in the database.
    """

    name: str
    table: Table
    is_policy: bool
    scenarios: tuple[Scenario, ...] = ()
    remarks: tuple[Remark, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    preset: Preset | None = None
    version: PolicyVersion | None = None

    @property
    def subject(self) -> str:
        """What the policy is about; empty for a DMN file, which does not say."""
        return self.preset.subject if self.preset else self.version.policy.subject if self.version else ""

    @property
    def basis(self) -> str:
        """Whose rules a subject follows; empty for a DMN file."""
        written = self.preset or self.version
        return written.basis if written else ""


def read(what: str, decision: str | None = None) -> Source:
    """Rules from a file, or by a policy's key: those in force now, or with `@N` those of a version.

    Args:
        what: the file or the key.
        decision: which of a DMN file's decisions, where it has several.

    Raises:
        Unusable: there are none, or they cannot be read.
    """
    return read_file(Path(what), decision) if names_a_file(what) else read_version(what)


def names_a_file(what: str) -> bool:
    """Whether a file is meant; anything that is no key is."""
    path = Path(what)
    return path.suffix.lower() in {*DMN, TOML} or _VERSION.fullmatch(what) is None or path.exists()


def read_file(path: Path, decision: str | None = None, fallback: Mapping[str, Value] | None = None) -> Source:
    """Rules from a file, without a database; `fallback` replaces defaults that a DMN file lacks. Raises Unusable."""
    content = _content(path)
    if path.suffix.lower() == TOML:
        return _read_toml(path, content)
    if path.suffix.lower() in DMN or content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _read_dmn(path, content, decision, fallback)
    raise unusable(
        str(path), "This is neither a DMN file nor a preset.", "Name a file that ends in .dmn, .xml or .toml."
    )


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        hint = "Name a DMN or TOML file, or the key of a policy."
        raise unusable(str(path), f"The file cannot be read: {error.strerror}.", hint) from error
    if len(content) > MAX_BYTES:
        raise unusable(str(path), f"The file has more than {MAX_BYTES:,} bytes.", "Write its tables as several files.")
    return content


def _read_dmn(path: Path, content: bytes, decision: str | None, fallback: Mapping[str, Value] | None) -> Source:
    try:
        loaded = load_dmn(content, decision, fallback)
    except DmnError as error:
        raise Unusable(str(path), map(of_file_problem, error.problems)) from error
    remarks = tuple(map(of_file_problem, loaded.warnings))
    return Source(str(path), loaded.table, _answers_outcomes(loaded.table), remarks=remarks, ids=loaded.ids)


def _answers_outcomes(table: Table) -> bool:
    """Whether a table of a DMN file is meant as a policy."""
    given = {row.outputs.get("outcome") for row in table.rows}
    return bool(given) and given <= set(Outcome.values)


def _read_toml(path: Path, content: bytes) -> Source:
    try:
        data: dict[str, Any] = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise unusable(str(path), "The file is not UTF-8.", "Save it as UTF-8.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        hint = "Correct it there; a value of text stands in quotation marks."
        raise unusable(str(path), f"This is no TOML: {error}.", hint) from error
    if problems := preset_shape.problems_of(data):
        raise Unusable(str(path), of_problems(problems, data))
    try:
        preset = preset_files.load_file(path)
    except TableError as error:
        inputs = [{"name": name} for name in data["inputs"]]
        outputs = [{"name": name} for name in data["outputs"]]
        raise Unusable(str(path), of_problems(error.problems, data | {"inputs": inputs, "outputs": outputs})) from error
    return Source(str(path), preset.table, is_policy=True, scenarios=preset.scenarios, preset=preset)


def read_version(what: str) -> Source:
    """Rules of a policy in the database. Raises Unusable."""
    version = _version(what)
    table = table_from_data(version.definition)
    scenarios = scenarios_from_data(version.scenarios)
    return Source(what, table, is_policy=True, scenarios=scenarios, ids=version.dmn_ids, version=version)


def _version(what: str) -> PolicyVersion:
    asked = _VERSION.fullmatch(what)
    policy = Policy.objects.filter(key=asked["key"]).first() if asked else None
    if asked is None or policy is None:
        known = ", ".join(Policy.objects.order_by("key").values_list("key", flat=True))
        hint = f"Name a file, or one of: {known}." if known else "Name a file; no policies are installed yet."
        raise unusable(what, f"There is no policy {what}.", hint, place="the database")
    if asked["number"] is not None:
        version = policy.versions.select_related("policy").filter(number=int(asked["number"])).first()
        hint = f"It has {policy.versions.count()} of them."
        sentence = f"The policy {policy.key} has no version {asked['number']}."
    else:
        version = version_in_force(policy, timezone.now())
        sentence = f"No version of {policy.key} is in force."
        hint = f"Name one of its versions, such as {policy.key}@1."
    if version is None:
        raise unusable(what, sentence, hint, place="the database")
    return version


def policy_named(key: str | None, source: str) -> Policy:
    """The policy of that key, which rules are about that do not say so themselves. Raises Unusable."""
    if key is None:
        raise unusable(source, "A DMN file does not say which policy it is of.", "Name it by --key.")
    policy = Policy.objects.filter(key=key).first()
    if policy is None:
        known = ", ".join(Policy.objects.order_by("key").values_list("key", flat=True)) or "none is installed"
        raise unusable(source, f"There is no policy {key}.", f"Name one of: {known}.", place="the database")
    return policy
