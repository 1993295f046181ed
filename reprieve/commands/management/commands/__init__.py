"""Commands of the command-line door."""
