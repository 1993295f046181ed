"""What the pages about a policy show: what is in force, what is to come, who listens, what is being written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Prefetch
from django.utils.translation import gettext

from reprieve.accounts import access
from reprieve.accounts.actors import Actor
from reprieve.console.subject_links import Link, links_to
from reprieve.history.models import Event
from reprieve.history.sentences import sentence
from reprieve.lib.errors import NotFound
from reprieve.policies.evidence.scenarios import scenarios_from_data
from reprieve.policies.lifecycle.differences import Detail, Difference, Kind, scenario_differences
from reprieve.policies.lifecycle.reviews import was_live
from reprieve.policies.models import Activation, Draft, DraftState, Mode, Outcome, Policy, PolicyVersion, ShadowAnswer
from reprieve.policies.outputs import OUTPUTS
from reprieve.policies.shadows import Tally, latest_differing, tally
from reprieve.policies.words.values import name_in_words, title_in_words, with_row_names
from reprieve.web.timeline import Entry

OPEN = (DraftState.EDITING, DraftState.IN_REVIEW)
LARGE = ("definition", "scenarios", "dmn_ids")
MOST_EVENTS = 100
MOST_DIFFERING = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A policy now. `scheduled` is what is to be live from a later date on; `shadow` listens, or is to."""

    policy: Policy
    live: Activation | None
    scheduled: Activation | None
    shadow: Activation | None
    drafts: Sequence[Draft]
    now: datetime

    @property
    def open_live(self) -> int:
        """What a page that puts a version in force has seen: the activation without an end, 0 if there is none."""
        last = self.scheduled or self.live
        return last.pk if last is not None and last.ends_at is None else 0

    @property
    def waiting(self) -> list[Draft]:
        return [draft for draft in self.drafts if draft.state == DraftState.IN_REVIEW]

    @property
    def listens(self) -> bool:
        return self.shadow is not None and self.shadow.is_in_force(self.now)


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A version, when it was in force, whether it can be put in force, and whether that were not the first time."""

    version: PolicyVersion
    activations: Sequence[Activation]
    may_return: bool
    was_live: bool


@dataclass(frozen=True, slots=True)
class Differing:
    """A decision on which the shadow would have answered otherwise, or could not. `about` is None once it is gone."""

    answer: ShadowAnswer
    about: Link | None
    live: str
    live_row: str
    shadow: str
    shadow_row: str


@dataclass(frozen=True, slots=True)
class Listening:
    tally: Tally
    differing: Sequence[Differing]


def states(actor: Actor, now: datetime) -> list[State]:
    """Every policy. Definitions stay behind: they are large, and a compiled table is kept."""
    published = PolicyVersion.objects.defer(*LARGE).filter(published_at__isnull=False)
    versions = published.select_related("author", "approver", "draft").defer(
        *LARGE, *(f"draft__{name}" for name in LARGE)
    )
    activations = Activation.objects.select_related("version").defer(*(f"version__{name}" for name in LARGE))
    drafts = Draft.objects.filter(state__in=OPEN).select_related("author", "asked_by").defer(*LARGE)
    found = access.rows(actor, Policy).prefetch_related(
        Prefetch("versions", versions), Prefetch("activations", activations), Prefetch("drafts", drafts)
    )
    return [_state(policy, now) for policy in found]


def state_of(actor: Actor, key: str, now: datetime) -> State:
    """One policy. Raises NotFound."""
    found = next((state for state in states(actor, now) if state.policy.key == key), None)
    if found is None:
        raise NotFound(gettext("There is no such policy."))
    return found


def _state(policy: Policy, now: datetime) -> State:
    live = [each for each in _not_over(policy, now) if each.mode == Mode.LIVE]
    shadows = [each for each in _not_over(policy, now) if each.mode == Mode.SHADOW]
    return State(
        policy=policy,
        live=next((each for each in live if each.is_in_force(now)), None),
        scheduled=next((each for each in live if each.starts_at > now), None),
        shadow=next(iter(shadows), None),
        drafts=list(policy.drafts.all()),
        now=now,
    )


def _not_over(policy: Policy, now: datetime) -> list[Activation]:
    return [
        each
        for each in policy.activations.all()
        if not each.is_called_off and (each.ends_at is None or each.ends_at > now)
    ]


def listed_versions(state: State, *, may_edit: bool) -> list[ListedVersion]:
    """Every version, newest first. Nothing can be put in force before what is scheduled is called off."""
    activations = sorted(state.policy.activations.all(), key=lambda each: each.starts_at, reverse=True)
    versions = sorted(state.policy.versions.all(), key=lambda each: each.number, reverse=True)
    current = state.live.version_id if state.live else None
    return [
        ListedVersion(
            version,
            own := [each for each in activations if each.version_id == version.pk],
            may_edit and state.scheduled is None and version.pk != current,
            was_live(own, state.now),
        )
        for version in versions
    ]


def listening(actor: Actor, version: PolicyVersion) -> Listening:
    """What a shadow has said: how often it agreed, and the latest decisions on which it did not."""
    answers = latest_differing(version, MOST_DIFFERING)
    links = links_to(actor, version.policy.subject, [answer.record.subject_id for answer in answers])
    return Listening(tally(version), [_differing(answer, links.get(answer.record.subject_id)) for answer in answers])


def _differing(answer: ShadowAnswer, about: Link | None) -> Differing:
    record = answer.record
    return Differing(
        answer,
        about,
        live=_outcome(record.outputs),
        live_row=_row(record.row),
        shadow=_outcome(answer.outputs),
        shadow_row=_row(answer.row) if answer.outputs else "",
    )


def _row(row: str) -> str:
    return name_in_words(row).capitalize()


def _outcome(outputs: dict[str, object]) -> str:
    return outcome_in_words(str(outputs.get("outcome", "")))


def outcome_in_words(outcome: str) -> str:
    """“Ask support”; whatever is none as it is."""
    return str(Outcome(outcome).label) if outcome in Outcome.values else outcome


def in_names(found: Sequence[Difference]) -> list[Difference]:
    """Differences with the names of rows and outcomes as the pages write them."""
    return [
        replace(
            each,
            sentence=with_row_names(each.sentence, [each.row]),
            details=tuple(_with_labels(detail) for detail in each.details),
        )
        for each in found
    ]


def example_differences(old: PolicyVersion, new: Draft) -> list[Difference]:
    """Which examples a draft adds, changes, and no longer holds to."""
    sentences = {
        Kind.ADDED: gettext("The example “%s” is new."),
        Kind.REMOVED: gettext("The example “%s” is removed."),
        Kind.CHANGED: gettext("The example “%s” is changed."),
    }
    return scenario_differences(scenarios_from_data(old.scenarios), scenarios_from_data(new.scenarios), sentences)


def _with_labels(detail: Detail) -> Detail:
    if detail.label != title_in_words(OUTPUTS["outcome"]):
        return detail
    return replace(detail, before=outcome_in_words(detail.before), after=outcome_in_words(detail.after))


def entries(policy: Policy) -> list[Entry]:
    events = Event.objects.filter(subject=Policy.SUBJECT, subject_id=policy.pk).order_by("-at", "-pk")
    return [Entry(event.type, event.at, sentence(event)) for event in events[:MOST_EVENTS]]
