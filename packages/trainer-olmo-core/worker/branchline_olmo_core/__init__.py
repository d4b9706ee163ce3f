"""Trains Branchline's decoder in OLMo-core. `python -m branchline_olmo_core --help` shows its uses."""

VERSION = "0.1.0"
"""Part of the numerics of every step: it rises with every change that may change a bit."""
