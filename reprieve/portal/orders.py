"""Orders in the portal."""
