"""Takes the place of wandb in a test: not installed."""

raise ImportError("No module named 'wandb'")
