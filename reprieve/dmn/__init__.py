"""Decision tables: S-FEEL cells, tables, decisions and their explanations. Pure Python, no framework, no clock."""
