"""These files are counted and called by ``tests/test_nets.py``."""

collect_ignore_glob = ["*_wrapped.py"]
