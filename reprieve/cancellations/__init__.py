"""Cancellations: who asked, when, why, what was decided, and how it ended."""
