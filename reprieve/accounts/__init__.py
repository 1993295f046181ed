"""Practices, people and staff, and the only door from a person to a row."""
