"""The course as a site and as notebooks: its lessons, code, formulas and figures, the templates, and the command that builds it."""
