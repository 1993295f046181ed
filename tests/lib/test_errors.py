"""Every refusal has a code, which programs may depend on: a class that is renamed keeps it, or this list is changed."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import reprieve
from reprieve.lib.errors import Refused

CODES = """
account_invalid address_taken already_in_force already_scheduled amount_invalid answer_missing
cancellation_needs_no_request cancellation_needs_request cancellation_pending cancellation_refused card_in_use
card_invalid colleague_not_removed credit_too_small draft_changed draft_closed draft_has_errors draft_in_review
draft_invalid draft_not_in_review file_lost file_refused file_unreadable gateway_unavailable has_begun
hold_needs_words import_collided import_refused invalid key_used line_invalid no_cards_taken no_rules_in_force
no_scenarios not_allowed not_found not_from_stripe not_ready not_simulated not_writable not_yet_known note_missing
note_too_long nothing_changed nothing_to_pay nothing_to_refund nothing_to_revise nothing_to_simulate
nothing_to_start_from open_amount_changed order_changed order_invalid pause_refused pause_still_runs
pause_without_end payment_disputed payment_under_way period_invalid period_not_over period_unreadable person_invalid
policy_changed practice_unknown reason_for_sending_back_missing reason_missing reference_missing
refund_answer_missing refund_changed refund_moved refund_reason_missing refused request_closed resume_refused
rules_outdated scenario_fails shadow_is_running staff_invalid starts_in_the_past too_late_for_files too_late_to_undo
too_many_invitations waits_for_run way_invalid why_missing wrong_state wrote_it
"""


def refusals(kind: type[Refused]) -> Iterator[type[Refused]]:
    yield kind
    for each in kind.__subclasses__():
        yield from refusals(each)


def test_no_code_changes_unseen() -> None:
    for module in pkgutil.walk_packages(reprieve.__path__, "reprieve."):
        if ".migrations" not in module.name:
            import_module(module.name)
    ours = {each for each in refusals(Refused) if each.__module__.startswith("reprieve.")}
    assert sorted(each.code for each in ours) == CODES.split()
