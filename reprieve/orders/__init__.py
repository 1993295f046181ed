"""Orders, their lines, files, pauses and revisions, and the lifecycle that binds them."""
