"""The parts of `reprieve policy`: one verb a file, each with its arguments and what it does."""
