"""Join the reports of the shards of a parity check to the report of the whole."""

from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from contract.arguments import Size
from parity.commands.many import fingerprint
from parity.files import check_path
from parity.reports import several
from parity.trees import digest


class Shard(NamedTuple):
    """The file of a shard, read once as a whole: the run, number I of N, all candidates' fingerprint, its own names."""

    file: str
    run: dict[str, Any]
    number: int
    of: int
    candidates: str
    names: list[str]


def add_arguments(parser):
    """The options of ``parity merge``."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="what parity check --shard I/N has written as --json")
    parser.add_argument("--json", metavar="FILE", help="write the report of all candidates to this file")


def run(args):
    """The table, the file and the exit code of the check as a whole."""
    from parity.reports.report import Submissions

    if args.json is not None:
        check_path(args.json, (".json",))
        expect_another(args.json, args.files)
    shards = sorted(map(read, args.files), key=lambda shard: shard.number)
    expect_one_run(shards)
    expect_complete(shards)
    names = list(in_turn([shard.names for shard in shards]))
    if fingerprint(names) != shards[0].candidates:
        raise ValueError(f"got {len(names)} candidates, expected those that each shard has been given, in their order")
    rows = Submissions(names, shards[0].run["reference"])

    def shown():
        for position, report in enumerate(in_turn([islice(several.read(shard.file), 1, None) for shard in shards])):
            try:
                rows.add(position, report)
            except (LookupError, TypeError, AttributeError):
                raise ValueError(f"{names[position]}: got a report that parity check has not written") from None
            yield report

    if args.json:
        several.write(args.json, {"run": shards[0].run}, shown())
    else:
        for _ in shown():
            pass
    rows.close()
    return rows.exit_code()


def expect_another(file, files):
    """Reject a report that would replace a shard."""
    for other in files:
        if Path(other).resolve() == Path(file).resolve():
            raise ValueError(f"--json: got {file}, which is {other}, expected another file")


def read(file):
    """The shard in this file, which is read to its end."""
    reports = several.read(file)
    try:
        head = next(reports)
        shard = head["shard"]
        number, of = Size("number", shard["number"]), Size("of", shard["of"])
        names = [several.complete(report)["candidate"] for report in reports]
        found = Shard(file, head["run"], number, of, shard["candidates"], names)
        theirs, _ = str(found.run["sources"]), found.run["reference"]
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        raise ValueError(f"{file}: got another file, expected what parity check --shard I/N --json writes") from None
    except OSError as error:
        raise ValueError(f"{file}: cannot be read: {error.strerror}") from None
    if theirs != digest():
        raise ValueError(
            f"{file}: got a report by other sources of parity, {theirs[:12]}, expected {digest()[:12]} as here"
        )
    return found


def expect_one_run(shards):
    """Reject shards of runs that differ in an option, in the reference, or in the candidates."""
    first, *others = shards
    for shard in others:
        for name, value in shard.run.items():
            if value != first.run.get(name):
                option = f"--{name.replace('_', '-')}"
                expected = f"expected {first.run.get(name)} as in {first.file}"
                raise ValueError(f"{shard.file}: got a report with {option} {value}, {expected}")
        if shard.of != first.of:
            raise ValueError(f"{shard.file}: got one of {shard.of} shards, expected one of {first.of} as {first.file}")
        if shard.candidates != first.candidates:
            raise ValueError(f"{shard.file}: got a shard of other candidates than {first.file}, expected the same")


def expect_complete(shards):
    """Reject a shard that is there twice, or not at all."""
    files: dict[int, str] = {}
    for shard in shards:
        if shard.number in files:
            raise ValueError(f"{shard.file}: got shard {shard.number}/{shard.of}, which {files[shard.number]} has")
        files[shard.number] = shard.file
    of = shards[0].of
    lacking = [f"{number}/{of}" for number in range(1, of + 1) if number not in files]
    if lacking:
        raise ValueError(f"got {len(files)} of {of} shards, expected also {', '.join(lacking)}")


def in_turn(lists):
    """One of each, then the next of each, as ``--shard`` has shared them out."""
    ended = object()
    return (each for each in chain.from_iterable(zip_longest(*lists, fillvalue=ended)) if each is not ended)
