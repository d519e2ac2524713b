"""The options of ``parity check``, for pytest: a plugin, so that ``pytest --pyargs parity --candidate FILE`` works."""


def pytest_addoption(parser):
    """Which backends, how many examples."""
    group = parser.getgroup("parity")
    group.addoption("--candidate", default="scratch", help="the backend that is checked: a module or a .py file")
    group.addoption("--reference", default="torchref", help="the backend it is checked against")
    group.addoption("--examples", type=int, default=50, help="examples for each property and precision")
    group.addoption("--only", help="only the properties of this function")
    group.addoption("--dtype", choices=["float64", "float32"], help="one precision only")
    group.addoption("--time-limit", type=float, default=10.0, help="seconds for a candidate in one property")
    group.addoption("--memory-limit", type=int, default=4096, help="MiB for a candidate")
    group.addoption(
        "--no-import", metavar="NAMES", default="", help="packages that a candidate may not import, as torch,scratch"
    )
    group.addoption("--repro", metavar="DIR", help="write a program there that repeats each failure")
    group.addoption("--hint", choices=["none", "message", "full"], default="full", help="how much a failure tells")
    group.addoption("--device", default="cpu", choices=["cpu", "cuda"], help="where PyTorch computes")
