"""The course as a site and as notebooks: its lessons, code, formulas and figures, and the command that builds it."""
