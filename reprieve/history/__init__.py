"""What happened: append-only events, and a sentence for each."""
