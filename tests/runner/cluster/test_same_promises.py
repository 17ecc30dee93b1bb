"""What holds of the workers of this machine holds on a cluster too: the same tests, over agents."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.runner import test_blame as blame
from tests.runner import test_edges as edges
from tests.runner import test_outcomes as outcomes
from tests.runner.cluster.conftest import Cluster
from tests.support.machine import Machine

PROMISES = (
    blame.test_what_crashes_or_hangs_in_a_thread_that_computes_is_blamed_on_its_item,
    blame.test_healthy_items_that_hold_the_gil_are_never_killed,
    outcomes.test_an_outcome_says_what_happened_when_and_where,
    outcomes.test_try_later_counts_as_attempts_and_becomes_the_failure,
    outcomes.test_an_item_that_moves_to_another_group_takes_what_it_carries_and_no_attempt,
    outcomes.test_equal_keys_are_performed_once_and_copied,
    outcomes.test_an_artifact_is_a_whole_file_under_a_safe_name,
    outcomes.test_files_of_attempts_that_did_not_count_are_swept,
    edges.test_a_cancelled_run_lets_its_groups_go,
    edges.test_pause_and_resume_in_the_midst_of_the_preparation,
    edges.test_an_item_that_stops_its_own_process_is_blamed_in_the_end,
)


@pytest.mark.slow
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__.removeprefix("test_"))
def test_on_a_cluster(promise: Callable[[Machine], None], machine: Machine, cluster: Cluster) -> None:
    promise(machine)


@pytest.mark.slow
def test_on_a_cluster_memory_is_blamed_on_its_item_alone(
    machine: Machine, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    blame.test_memory_is_blamed_on_its_item_alone(machine, monkeypatch)
