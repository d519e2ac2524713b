"""Replaces a package that a candidate may not import."""

raise ImportError(f"import of {__name__} is forbidden here")
