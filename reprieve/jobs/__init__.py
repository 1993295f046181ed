"""Shallow background work: load a row, make one call."""
