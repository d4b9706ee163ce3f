"""The command line of the worker: that of branchline_worker, with another engine."""

from branchline_worker.__main__ import main

from .engine import OLMO_CORE

if __name__ == "__main__":
    main(OLMO_CORE)
