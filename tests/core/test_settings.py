"""The settings: read from the environment by their documented names."""

import os
from pathlib import Path

import pytest

from jobs.runtime.core import settings
from jobs.runtime.job import context


def test_settings_are_read_by_their_documented_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_MAX_DIGITS", "12")

    assert context.setting("JOBS_MAX_DIGITS") == 12
    with pytest.raises(KeyError):
        context.setting("JOBS_NOWHERE")


def test_what_is_handed_on_names_files_absolutely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JOBS_HOME", "runs")
    monkeypatch.setenv("JOBS_PATH", os.pathsep.join(("mine", "/theirs")))
    monkeypatch.setenv("JOBS_IDLE", "7")

    handed = settings.handed_on()

    assert handed["JOBS_HOME"] == str(tmp_path / "runs")
    assert handed["JOBS_PATH"] == os.pathsep.join((str(tmp_path / "mine"), "/theirs"))
    assert handed["JOBS_IDLE"] == "7"


def test_what_is_not_set_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBS_HOME", raising=False)
    monkeypatch.setenv("JOBS_PATH", "")

    handed = settings.handed_on()

    assert "JOBS_HOME" not in handed
    assert handed["JOBS_PATH"] == ""


def test_an_installed_program_keeps_runs_and_jobs_with_the_users_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.program, "INSTALLED", True)
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, **_: tmp_path / name)
    for name in ("JOBS_HOME", "JOBS_PATH"):
        monkeypatch.delenv(name, raising=False)

    assert settings.home() == tmp_path / "fanout" / "runs"
    assert settings.value("JOBS_PATH") == (tmp_path / "fanout" / "jobs",)


def test_the_networks_that_a_machine_may_reach_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "10.0.0.0/8")
    monkeypatch.setenv("JOBS_MAX_DIGITS", "12")

    told = settings.for_another_machine()

    assert told["JOBS_MAX_DIGITS"] == "12"
    assert not {"JOBS_ALLOW_NETS", "JOBS_HOME", "JOBS_SECRETS", "JOBS_CLUSTER_CERTIFICATES"} & set(told)
