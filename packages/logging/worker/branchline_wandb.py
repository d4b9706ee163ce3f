"""
Writes runs of Weights & Biases for Branchline's logger `wandb`, which has no documented interface but this client.
Requests are lines with a JSON object, `{ method, ... }`; each is answered by a line `{ result }` or `{ error }`. At the
end of standard input, all runs are finished.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wandb import Run

MOST_OPEN = 16
"""Runs that are open at the same time. The one that was written longest ago is finished first."""

BLOCK = 32 * 1024
HEADER = 7
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


class Known:
    """What a run has: its last step, and rows of releases as version and loss."""

    def __init__(self, last: int | None = None, releases: list[list[float]] | None = None) -> None:
        self.last = last
        self.releases = releases or []

    def add(self, step: int, row: dict[str, Any]) -> None:
        """Notes a row."""
        self.last = step if self.last is None else max(self.last, step)
        release = [row["version"], row["release_loss"]] if "release_loss" in row else None
        if release is not None and release not in self.releases:
            self.releases.append(release)


def chunks(data: bytes) -> Iterator[bytes]:
    """Records of a `.wandb` file: LevelDB's log format, after seven bytes. Stops where a kill cut off the file."""
    position, parts = HEADER, b""
    while position + HEADER <= len(data):
        left = BLOCK - position % BLOCK
        if left < HEADER:
            position += left
            continue
        _, length, kind = struct.unpack("<IHB", data[position : position + HEADER])
        position += HEADER
        if kind not in (FULL, FIRST, MIDDLE, LAST) or position + length > len(data):
            return
        part = data[position : position + length]
        position += length
        parts = part if kind in (FULL, FIRST) else parts + part
        if kind in (FULL, LAST):
            yield parts


def rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Steps and values of the history in a `.wandb` file."""
    from google.protobuf.message import DecodeError
    from wandb.proto import wandb_internal_pb2

    for chunk in chunks(path.read_bytes()):
        record = wandb_internal_pb2.Record()
        try:
            record.ParseFromString(chunk)
        except DecodeError:
            return
        if record.WhichOneof("record_type") == "history":
            items = record.history.item
            row = {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in items}
            yield int(row.get("_step", record.history.step.num)), row


class Client:
    """The runs of a run directory."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.directory = Path(settings["directory"])
        self.record = self.directory / "branchline-wandb.json"
        self.open: dict[str, Run] = {}
        self.has: dict[str, Known] = {}

    def known(self, run: str) -> Known:
        """
        What a run has. Files are what is on its way to W&B, also after a kill; the record is for files that were
        synchronized and removed.
        """
        if run not in self.has:
            last, releases = self.recorded().get(run, [None, []])
            known = Known(last, releases)
            for path in sorted((self.directory / "wandb").glob(f"*run-*-{run}/run-{run}.wandb")):
                for step, row in rows(path):
                    known.add(step, row)
            self.has[run] = known
        return self.has[run]

    def recorded(self) -> dict[str, Any]:
        """What was finished, by run."""
        try:
            return dict(json.loads(self.record.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def log(self, run: dict[str, Any], points: list[dict[str, Any]], summary: dict[str, Any]) -> None:
        """Adds rows to a run, which is opened when it is not."""
        known = self.known(run["id"])
        of = self.opened(run)
        for point in points:
            step = point.get("step")
            if step is None:
                step = 0 if known.last is None else known.last + 1
            of.log(point["values"], step=step, commit=True)
            known.add(step, point["values"])
        of.summary.update(summary)

    def opened(self, run: dict[str, Any]) -> Run:
        import wandb

        name = run["id"]
        of = self.open.pop(name, None)
        if of is None:
            if len(self.open) >= MOST_OPEN:
                self.close(next(iter(self.open)), 0)
            online = self.settings["mode"] == "online"
            of = wandb.init(
                id=name,
                name=run["name"],
                group=run["group"],
                job_type=run["jobType"],
                config=run["config"],
                project=self.settings["project"],
                entity=self.settings.get("entity"),
                dir=str(self.directory),
                mode=self.settings["mode"],
                resume="allow" if online else None,
                reinit="create_new",
                settings=wandb.Settings(
                    console="off", disable_git=True, x_disable_stats=True, save_code=False, init_timeout=30, silent=True
                ),
            )
            for metric in run.get("over", []):
                of.define_metric("*", step_metric=metric)
        self.open[name] = of
        return of

    def close(self, name: str, code: int) -> None:
        """Finishes a run: what it has is in its file, or at W&B."""
        self.open.pop(name).finish(exit_code=code)
        known = self.has[name]
        record = {**self.recorded(), name: [known.last, known.releases]}
        part = self.record.with_suffix(".part")
        part.write_text(json.dumps(record), encoding="utf-8")
        part.replace(self.record)

    def finish(self, code: int) -> None:
        """Finishes all runs."""
        for name in list(self.open):
            self.close(name, code)


def answer(client: Client | None, request: dict[str, Any]) -> tuple[Client, dict[str, Any]]:
    """Carries out a request. The first is `open`."""
    if client is None:
        import wandb

        if not hasattr(wandb, "init"):
            raise ImportError("wandb is not the client of W&B")
        client = Client(request["settings"])
        client.directory.mkdir(parents=True, exist_ok=True)
        return client, {"version": wandb.__version__}
    if request["method"] == "known":
        known = client.known(request["run"])
        return client, {"last": known.last, "releases": known.releases}
    if request["method"] == "log":
        client.log(request["run"], request["points"], request["summary"])
    else:
        client.finish(request["code"])
    return client, {}


def main() -> None:
    """Serves until standard input ends."""
    # What libraries print is no answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    # The terminal sends it to all; the other side decides when this ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    client: Client | None = None
    for line in sys.stdin:
        try:
            client, result = answer(client, json.loads(line))
            said: dict[str, Any] = {"result": result}
        except ImportError as error:
            said = {"error": f"has no wandb ({error})", "missing": True}
        except Exception as error:
            said = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(said) + "\n")
        answers.flush()
    if client is not None:
        client.finish(1)


if __name__ == "__main__":
    main()
