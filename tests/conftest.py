"""Settings for all tests: examples are random, but the same in every run."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "halfree",
    deadline=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("halfree")
