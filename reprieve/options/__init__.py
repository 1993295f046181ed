"""What may be done with an order: one answer, as data, for the page that shows it and the command that acts on it."""
