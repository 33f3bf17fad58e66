"""Settings for all tests: examples are random, but the same in every run."""

import os

from hypothesis import HealthCheck, settings

if "PYTEST_XDIST_WORKER" in os.environ:
    # read when torch and numpy are imported: several processes of many threads would be slower
    os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile(
    "halfree",
    deadline=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("halfree")
