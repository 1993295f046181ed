"""The facts that rules may ask about: what each is, how it is read, and how it stands in the database."""
