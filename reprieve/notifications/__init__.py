"""E-mails that tell people what happened."""
