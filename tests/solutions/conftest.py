"""These files are homework: what checks them is ``tests/test_solutions.py``."""

collect_ignore_glob = ["right/*.py", "wrong/*.py"]
