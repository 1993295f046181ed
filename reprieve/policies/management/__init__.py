"""Commands of `reprieve policy`."""
