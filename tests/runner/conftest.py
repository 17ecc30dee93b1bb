"""What the runner's tests have in common."""

from tests.support.clockwork import clockwork  # noqa: F401  (a fixture)
