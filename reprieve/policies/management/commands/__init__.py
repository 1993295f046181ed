"""Commands of the policies app."""
