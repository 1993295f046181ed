"""A believable dental lab to try everything on. Its people and practices are invented."""
