"""The judge: what is tried, what is right and within which rounding, and which known mistake gives other numbers."""
