"""``parity check --dask``: the workers of a Dask cluster as an executor."""

import asyncio
import logging
import os
from contextlib import contextmanager, suppress
from pathlib import Path

from parity.commands import workers

PATIENCE = 5  # seconds for the scheduler to answer, and for its first worker
# Asked as text, because another version may lack any function of this one.
THEIRS = "(lambda trees: getattr(trees, 'version', trees.digest)())(__import__('parity.trees').trees)"


@contextmanager
def cluster(address, run, specs):
    """Yield an executor on the cluster at this address; its workers must have this version and these files."""
    from distributed import Client

    for name in ("distributed", "distributed.client", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # an error is one line, ours
    expect_scheduler(address)
    client = Client(address, timeout=PATIENCE, set_as_default=False)
    try:
        expect_workers(client, address)
        expect_same_version(client, run)
        expect_same_files(client, run, specs)
        yield client.get_executor(pure=False)
    finally:
        leave(client, run)


def expect_scheduler(address):
    """Ask who is there, which ends soon; a client would try on in the background."""

    async def identity():
        async with rpc(address) as there:
            return await there.identity()

    from distributed import rpc

    try:
        kind = asyncio.run(asyncio.wait_for(identity(), PATIENCE))["type"]
    except Exception as error:  # of any kind: something else may answer
        words = " ".join(str(error).split()) or f"no answer within {PATIENCE} seconds"
        kind = f"no Dask scheduler ({words})"
    if kind != "Scheduler":
        raise ValueError(f"--dask: got {address}: {kind}; expected the address of a scheduler as tcp://host:8786")


def expect_workers(client, address):
    """A cluster without workers would let the command wait forever."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise ValueError(f"--dask: got {address}, which has no workers, expected at least one") from None


def expect_same_version(client, run):
    """Another version of this project could judge otherwise."""
    for worker, answer in client.run(eval, THEIRS, on_error="return").items():
        if isinstance(answer, Exception):
            raise ValueError(f"--dask: worker {worker} has no parity that answers ({answer}), expected {run.version}")
        if answer != run.version:
            raise ValueError(f"--dask: worker {worker} has parity {answer}, expected {run.version} as here")


def expect_same_files(client, run, specs):
    """The candidates are read where they are judged."""
    files = [os.path.join(run.folder, spec) for spec in specs if Path(spec).is_file()]
    for worker, lacking in client.run(missing, files).items():
        if lacking:
            raise ValueError(f"--dask: worker {worker} has no {lacking}, expected a file system that all workers share")


def missing(files):
    """The first of these files that is not there; runs on a worker."""
    return next((file for file in files if not os.path.isfile(file)), None)


def leave(client, run):
    """End what the workers run for this command."""
    with suppress(Exception):  # the scheduler may have ended
        client.run(workers.end, run.id, on_error="ignore")
    client.close(timeout=PATIENCE)
