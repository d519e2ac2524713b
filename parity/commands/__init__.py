"""The commands, but for ``parity page``, which is the site's: what each takes, refuses, runs and prints."""
