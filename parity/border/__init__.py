"""Access to a candidate: the calls, its process, its isolation, and the exchanged data."""
