"""The course as a site: its chapters, formulas and figures, the templates, and the command that builds it."""
