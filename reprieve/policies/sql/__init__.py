"""A table as one SQL expression, for any number of subjects at once."""
