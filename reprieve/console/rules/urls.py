"""The rule editor's addresses; their names are the console's."""

from django.urls import path

from reprieve.console.rules import (
    activations,
    draft_check,
    draft_file,
    draft_scenarios,
    draft_start,
    drafts,
    policies,
    publishing,
    simulations,
    try_out,
)

urlpatterns = [
    path("policies/", policies.policies, name="policies"),
    path("policies/<slug:key>/", policies.policy, name="policy"),
    path("policies/<slug:key>/drafts/new/", draft_start.start_draft, name="policy-draft-new"),
    path("policies/<slug:key>/versions/<int:version>/dmn/", draft_file.version_file, name="version-dmn"),
    path("policies/<slug:key>/versions/<int:version>/activate/", activations.activate, name="version-activate"),
    path("policies/<slug:key>/activations/<int:activation_id>/call-off/", activations.call_off, name="call-off"),
    path("policies/<slug:key>/activations/<int:activation_id>/end/", activations.end_listening, name="end-shadow"),
    path("drafts/", drafts.drafts, name="drafts"),
    path("drafts/<int:draft_id>/", drafts.draft, name="draft"),
    path("drafts/<int:draft_id>/row/", drafts.draft_row, name="draft-row"),
    path("drafts/<int:draft_id>/check/", draft_check.draft_check, name="draft-check"),
    path("drafts/<int:draft_id>/try/", try_out.try_draft, name="draft-try"),
    path("drafts/<int:draft_id>/dmn/", draft_file.draft_file, name="draft-dmn"),
    path("drafts/<int:draft_id>/examples/", draft_scenarios.draft_scenarios, name="draft-scenarios"),
    path("drafts/<int:draft_id>/examples/new/", draft_scenarios.new_scenario, name="draft-scenario-new"),
    path("drafts/<int:draft_id>/examples/<int:place>/", draft_scenarios.scenario, name="draft-scenario"),
    path("drafts/<int:draft_id>/simulate/", simulations.simulate, name="draft-simulate"),
    path("drafts/<int:draft_id>/review/", publishing.draft_review, name="draft-review"),
    path("drafts/<int:draft_id>/ask/", publishing.ask, name="draft-ask"),
    path("drafts/<int:draft_id>/approve/", publishing.approve, name="draft-approve"),
    path("drafts/<int:draft_id>/send-back/", publishing.send_back, name="draft-send-back"),
    path("drafts/<int:draft_id>/take-back/", publishing.take_back, name="draft-take-back"),
    path("drafts/<int:draft_id>/discard/", publishing.discard, name="draft-discard"),
    path("simulations/<int:simulation_id>/", simulations.simulation, name="simulation"),
]
