"""What shows that rules are right: examples, simulation, shadows, and replay of what was decided."""
