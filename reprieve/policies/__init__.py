"""Decision tables as stored versions: which one is in force, what it decided."""
