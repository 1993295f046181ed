"""Small tools that know neither the database nor the web: money, identifiers, errors."""
