"""What carries parts to workers: this process, or Ray Data."""
