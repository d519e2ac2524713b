"""The options of ``parity check``, for pytest, with a prefix: this plugin is loaded in every run of an environment.

So ``pytest --pyargs parity --parity-candidate FILE`` works.
"""


def pytest_addoption(parser):
    """Which backends, how many examples."""
    group = parser.getgroup("parity")
    group.addoption("--parity-candidate", default="scratch", help="the backend that is checked: a module or a .py file")
    group.addoption("--parity-reference", default="torchref", help="the backend it is checked against")
    group.addoption("--parity-examples", type=int, default=50, help="examples for each property and precision")
    group.addoption("--parity-only", help="only the properties of this function")
    group.addoption("--parity-dtype", choices=["float64", "float32"], help="one precision only")
    group.addoption("--parity-time-limit", type=float, default=10.0, help="seconds for a candidate in one property")
    group.addoption("--parity-memory-limit", type=int, default=4096, help="MiB for a candidate")
    group.addoption(
        "--parity-no-import",
        metavar="NAMES",
        default="",
        help="packages that a candidate may not import, as torch,scratch",
    )
    group.addoption("--parity-repro", metavar="DIR", help="write a program there that repeats each failure")
    group.addoption(
        "--parity-hint", choices=["none", "message", "full"], default="full", help="how much a failure tells"
    )
    group.addoption("--parity-device", default="cpu", choices=["cpu", "cuda"], help="where PyTorch computes")


def option(config, name):
    """The value of one of them."""
    return config.getoption(f"--parity-{name}")
