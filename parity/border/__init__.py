"""A candidate behind its border: what is asked of it, in which process, behind which walls, and what crosses."""
