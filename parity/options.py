"""The options of ``parity check``, for pytest: a plugin, so that ``pytest --pyargs parity --candidate FILE`` works."""


def pytest_addoption(parser):
    """Which backends, how many examples."""
    group = parser.getgroup("parity")
    group.addoption("--candidate", default="scratch", help="the backend that is checked: a module or a .py file")
    group.addoption("--reference", default="torchref", help="the backend it is checked against")
    group.addoption("--examples", type=int, default=100, help="examples for each property and precision")
    group.addoption("--only", help="only the properties of this function")
    group.addoption("--dtype", choices=["float64", "float32"], help="one precision only")
    group.addoption("--device", default="cpu", choices=["cpu", "cuda"], help="where PyTorch computes")
