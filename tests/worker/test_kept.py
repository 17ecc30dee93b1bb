"""What a row keeps for later runs, without the secrets of its own."""

from __future__ import annotations

import json

import pytest

from jobs.runtime.core.secrets import Blotter
from jobs.runtime.worker.attempt import _blotted
from jobs.runtime.worker.messages import MAX_KEPT, AttemptOutcome


@pytest.mark.parametrize(("times", "is_kept"), [(3, True), (300, False)])
def test_what_grows_too_long_without_its_secrets_is_not_kept_in_part(times: int, is_kept: bool) -> None:
    secrets = Blotter(values={"s3cretvalue": "{secret:A_VERY_LONG_NAME_OF_A_SECRET}"})
    kept = json.dumps({"known": "s3cretvalue " * times})
    assert len(kept) <= MAX_KEPT

    left = _blotted(AttemptOutcome(kind="ok", row="{}", kept=kept), secrets).kept

    assert bool(left) is is_kept
    assert "s3cretvalue" not in left
