"""The device that computes, and what of it can change a bit of a result."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from . import VERSION, linear
from .errors import WorkerError
from .messages import Settings

NO_CUDA = (
    "Check the driver with nvidia-smi, install PyTorch with CUDA (npx branchline backend install torch --gpu), "
    "or leave out device: 'cuda'."
)

ONE_PROCESS = "Leave out processes, or set device: 'cpu'."

FEWER_PROCESSES = "Set processes to at most {}, check CUDA_VISIBLE_DEVICES, or set device: 'cpu'."


@dataclass(frozen=True)
class Device:
    """A device, set up for this process."""

    torch: torch.device
    name: str
    """Kind and name of the hardware, for the ledger."""
    units: int
    """Threads of the processor, or one accelerator."""
    deterministic: bool
    numerics: str
    """Everything that can change a bit."""
    processor: str
    """The part of it that says what computes: kind of processor, threads, processes."""


def set_up(
    settings: Settings, rank: int = 0, processes: int = 1, engine: Callable[[], Sequence[str]] | None = None
) -> Device:
    """
    Chooses the device of one of the processes that train a model, and sets threads and determinism, which hold for the
    whole process. Raises when the device is not there. `engine` names the libraries whose versions can change bits.
    """
    kind = choose(settings.device)
    # cuBLAS repeats itself only with a workspace of fixed size, which it reads when it starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    threads = settings.threads or max(1, available_threads() // processes)
    torch.set_num_threads(threads)
    deterministic = settings.deterministic or kind == "cpu"
    torch.use_deterministic_algorithms(deterministic and kind != "mps")
    # It would fill new tensors with NaN, which finds bugs and changes no result.
    setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # noqa: B010 - not typed
    torch.set_float32_matmul_precision("highest")
    if kind == "cuda":
        torch.cuda.set_device(gpu_of(settings.lane, rank, processes, torch.cuda.device_count()))
    elif kind == "mps" and processes > 1:
        raise WorkerError("environment", f"processes: {processes} needs as many GPUs, and 'mps' is one", ONE_PROCESS)
    device = torch.device(kind)
    name = {"cpu": processor_name, "cuda": gpu_name, "mps": processor_name}[kind]()
    parts = processor_of(kind, threads)
    if engine is None and takes_one_dnn(kind, settings):
        parts.append("linear layers by oneDNN")
    if processes > 1:
        parts.append(f"{processes} processes")
    processor = ", ".join(parts)
    return Device(
        torch=device,
        name=f"{kind}: {name}",
        units=processes * (threads if kind == "cpu" else 1),
        deterministic=deterministic and kind != "mps",
        numerics=", ".join([*(engine or engine_names)(), processor, *arithmetic(kind, settings)]),
        processor=processor,
    )


def engine_names() -> list[str]:
    """The worker and its libraries, with their versions."""
    import transformers

    return [f"worker {VERSION}", f"torch {torch.__version__}", f"transformers {transformers.__version__}"]


def gpu_of(lane: int, rank: int, processes: int, gpus: int) -> int:
    """
    The GPU of a process: lanes take as many GPUs as they have processes, in turn. Raises when there are fewer GPUs than
    processes, because two processes cannot share one.
    """
    if processes > gpus:
        has = f"PyTorch sees {gpus}" if gpus > 1 else "PyTorch sees one"
        message = f"processes: {processes} needs as many GPUs, and {has}"
        raise WorkerError("environment", message, FEWER_PROCESSES.format(gpus))
    return lane % (gpus // processes) * processes + rank


def choose(wanted: str) -> str:
    """The kind of device. Raises when the wanted one is not there."""
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and not torch.cuda.is_available():
        build = f"PyTorch {torch.__version__} was built without CUDA"
        if torch.version.cuda is not None:
            build = f"PyTorch {torch.__version__} sees no GPU"
        raise WorkerError("environment", f"device 'cuda' cannot be used: {build}", NO_CUDA)
    if wanted == "mps" and not torch.backends.mps.is_available():
        raise WorkerError("environment", "device 'mps' cannot be used: PyTorch sees none", "Leave out device: 'mps'.")
    return wanted


def available_threads() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_of(kind: str, threads: int) -> list[str]:
    """What computes: the order of sums depends on threads and on the kernels in use."""
    if kind == "cuda":
        return [gpu_name(), f"capability {'.'.join(map(str, torch.cuda.get_device_capability()))}"]
    return [kind, platform.machine(), vendor(), torch.backends.cpu.get_cpu_capability(), f"{threads} threads"]


def takes_one_dnn(kind: str, settings: Settings) -> bool:
    """
    Whether linear layers compute by oneDNN: in float32 on processors of AMD, on which it is faster than MKL. The
    compiler chooses for itself, and stacks have products of their own.
    """
    is_plain = settings.precision == "float32" and settings.stack == 1 and not settings.compile
    return kind == "cpu" and is_plain and vendor() == "AuthenticAMD" and linear.is_available()


def arithmetic(kind: str, settings: Settings) -> list[str]:
    """What changes bits apart from versions and the processor."""
    options: list[str] = [settings.precision]
    if settings.compile:
        # A compiler may fuse recomputed operations in another way.
        options.append("compiled with checkpointing" if settings.checkpointing else "compiled")
    if settings.microBatch is not None:
        options.append(f"micro-batches of {settings.microBatch}")
    if settings.stack > 1:
        options.append(f"stacks of {settings.stack}")
    if kind == "cuda":
        found = [f"CUDA {torch.version.cuda}", f"cuDNN {torch.backends.cudnn.version()}"]
        return [*found, "deterministic" if settings.deterministic else "not deterministic", *options]
    return options


def gpu_name() -> str:
    """The name of the GPU in use."""
    return torch.cuda.get_device_name()


def processor_name() -> str:
    """The name of the processor, as far as the system tells."""
    return cpu_field("model name") or platform.processor() or platform.machine()


def vendor() -> str:
    """The maker of the processor: matrix libraries choose their kernels by it."""
    return cpu_field("vendor_id") or platform.system()


def cpu_field(name: str) -> str | None:
    """A field of the first processor in Linux's list."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    except OSError:
        pass
    return None
