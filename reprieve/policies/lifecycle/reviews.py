"""What a draft has to show before it is published, the same when approval is asked for and when it is given.

Nothing wrong with the table, every scenario held, a simulation of exactly this draft against what is in force now, and
somebody to approve it who has not written on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from reprieve.accounts.actors import Actor
from reprieve.dmn.table import TableError
from reprieve.lib.errors import NotAllowed, Refused
from reprieve.policies.evidence.scenarios import Result, run, scenarios_from_data
from reprieve.policies.lifecycle.drafts import table_of
from reprieve.policies.models import Activation, Draft, Mode, PolicyVersion, Simulation, SimulationState
from reprieve.policies.words.findings import Finding, Severity, findings
from reprieve.policies.words.values import with_row_names


class DraftHasErrors(Refused):
    """The table has errors: rows that never decide, gaps without an answer, answers that nobody can mean."""


class NoScenarios(Refused):
    """Nothing says what the table is meant to answer."""

    usual_remedy = _("Add at least one example that must hold.")


class ScenarioFails(Refused):
    """The table does not answer as an example says that it must."""

    usual_remedy = _("Correct the table, or the example if it is no longer meant.")


class NothingChanged(Refused):
    """The draft says what is in force already."""


class NotSimulated(Refused):
    """Nobody has seen what the draft would have done."""

    usual_remedy = _("Simulate it, look at the result, and ask again.")


class WroteIt(NotAllowed):
    """Whoever wrote on a draft does not approve it."""

    usual_remedy = _("Another manager has to look at it.")


@dataclass(frozen=True, slots=True)
class Review:
    """A draft looked at: what is to be said of its table, and how its scenarios came out."""

    findings: Sequence[Finding]
    results: Sequence[Result]

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]

    @property
    def failing(self) -> list[Result]:
        return [result for result in self.results if not result.passed]


def review(draft: Draft) -> Review:
    """Look at a draft. Raises DraftHasErrors where its table cannot even be read, as after an upgrade."""
    try:
        table = table_of(draft)
        found = _findings(draft.pk, draft.content_hash, get_language())
    except TableError as error:
        raise DraftHasErrors(error.problems[0].message + ".", remedy=gettext("Open it in the editor.")) from error
    return Review(found, run(table, scenarios_from_data(draft.scenarios)))


@lru_cache(maxsize=64)
def _findings(draft_id: int, _content_hash: str, _language: str | None) -> tuple[Finding, ...]:
    """Kept under the hash of the content: a large table takes seconds, which are not to be spent under a lock."""
    return tuple(findings(table_of(Draft.objects.get(pk=draft_id))))


def require_ready(draft: Draft, *, against: PolicyVersion | None, simulation_id: int | None) -> Simulation:
    """The simulation that was seen, if all is well with the draft.

    `against` is the version in force now. Raises DraftHasErrors, NoScenarios, ScenarioFails, NothingChanged,
    NotSimulated.
    """
    _require_sound(review(draft))
    if against is not None and (against.content_hash, against.basis) == (draft.content_hash, draft.basis):
        raise NothingChanged(
            gettext("This is what version %s says, which is in force already.") % against.number,
            remedy=gettext("Change the rules, or discard the draft."),
        )
    return _require_seen(draft, against, simulation_id)


def _require_sound(found: Review) -> None:
    if found.errors:
        first, *others = found.errors
        more = ngettext("There is %d more error.", "There are %d more errors.", len(others)) % len(others)
        sentence = with_row_names(first.sentence, first.place.rows)
        remedy = with_row_names(first.remedy, first.place.rows)
        raise DraftHasErrors(sentence, remedy=f"{remedy} {more}" if others else remedy)
    if not found.results:
        raise NoScenarios(gettext("The draft has no examples, so nothing says what it is meant to answer."))
    if found.failing:
        raise _failing(found.failing)


def _failing(results: Sequence[Result]) -> ScenarioFails:
    first, *others = results
    words = {"name": first.scenario.name, "why": first.why_in_names}
    why = gettext("The example “%(name)s” does not hold. %(why)s") % words
    more = ngettext("%d more does not hold.", "%d more do not hold.", len(others)) % len(others)
    return ScenarioFails(f"{why} {more}" if others else why)


def _require_seen(draft: Draft, against: PolicyVersion | None, simulation_id: int | None) -> Simulation:
    simulation = draft.simulations.filter(pk=simulation_id or 0).first()
    if simulation is None:
        raise NotSimulated(gettext("Nobody has seen yet what this draft would have done."))
    if simulation.state != SimulationState.DONE:
        raise NotSimulated(
            gettext("The simulation of this draft is not finished."), remedy=gettext("Wait for it, or start another.")
        )
    if not is_current(simulation, draft, against):
        raise NotSimulated(
            gettext("The simulation is of an earlier draft, or against rules that are no longer in force.")
        )
    return simulation


def is_current(simulation: Simulation, draft: Draft, against: PolicyVersion | None) -> bool:
    """Whether a simulation is of exactly this draft, against what is in force now."""
    return (simulation.content_hash, simulation.against_id) == (draft.content_hash, against.pk if against else None)


def current_simulation(draft: Draft, against: PolicyVersion | None) -> Simulation | None:
    """The newest finished simulation that says what approval needs to know, if there is one."""
    found = draft.simulations.filter(content_hash=draft.content_hash, against=against, state=SimulationState.DONE)
    return found.first()


def wrote(draft: Draft, actor: Actor) -> bool:
    """Whether the actor began the draft, wrote on it or asked for its approval."""
    if actor.person_id in {draft.author_id, draft.asked_by_id}:  # of drafts from before their askers were kept
        return True
    return draft.editors.filter(pk=actor.person_id).exists()


def was_live(activations: Iterable[Activation], now: datetime) -> bool:
    """Whether the version of these activations has ever answered. A shadow is only listened to."""
    return any(
        activation.starts_at <= now and not activation.is_called_off
        for activation in activations
        if activation.mode == Mode.LIVE
    )


def needs_other(version: PolicyVersion, actor: Actor, now: datetime) -> bool:
    """Whether somebody else has to put it in force: what was never live, its writers do not make live alone either."""
    draft = Draft.objects.filter(published=version).first()
    return draft is not None and not was_live(version.activations.all(), now) and wrote(draft, actor)


def require_other(draft: Draft, actor: Actor) -> int:
    """The person who approves. Raises WroteIt to whoever wrote on the draft, and to programs, which are nobody."""
    if actor.person_id is None or wrote(draft, actor):
        raise WroteIt(gettext("What you wrote yourself, or asked approval for, somebody else has to approve."))
    return actor.person_id
