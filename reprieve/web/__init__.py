"""What the doors share: refusals as pages, keyset pages, the reader's time zone."""
