"""The life of a table: draft, review, publication, and the lock that all of it happens under."""
