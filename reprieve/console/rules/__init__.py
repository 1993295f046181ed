"""The rule editor: policies and their versions, drafts, examples, simulations, approval."""
