"""The command line of the worker."""

from __future__ import annotations

import argparse
import sys

from .engine import TRANSFORMERS, Engine
from .errors import WorkerError
from .launch import launch
from .place import processes, rank_of
from .server import follow, replay, serve


def main(engine: Engine = TRANSFORMERS) -> None:
    """Serves messages, or replays recorded ones."""
    parser = argparse.ArgumentParser(prog=f"python -m {engine.module}", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    served = commands.add_parser("serve", help="answer framed messages from standard input")
    served.add_argument("--parent", type=int, help="process that this one must not outlive")
    served.add_argument("--processes", type=int, default=1, help="train with so many processes, by torchrun")
    served.add_argument("--timeout", type=float, default=900, help="seconds without a sign of life of one of them")
    replayed = commands.add_parser("replay", help="answer recorded messages and print the answers")
    replayed.add_argument("file", help="requests, one JSON object a line; - for standard input")
    arguments = parser.parse_args()
    if rank_of() > 0:
        follow(getattr(arguments, "parent", None), engine)
    if arguments.command == "serve":
        if arguments.processes > 1 and processes() == 1:
            launch(arguments.processes, arguments.parent, arguments.timeout, engine)
        serve(arguments.parent, engine)
    try:
        with sys.stdin if arguments.file == "-" else open(arguments.file, encoding="utf-8") as lines:
            fine = replay(lines, sys.stdout, engine)
    except (OSError, WorkerError) as error:
        parser.exit(2, f"{error}\n")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
