"""Trains causal language models for Branchline's torch trainer. `python -m branchline_worker --help` shows its uses."""

VERSION = "0.1.0"
"""Part of the numerics of every step: it rises with every change that may change a bit."""

PROTOCOL = 1
"""Version of the messages. Both sides refuse another one."""
