from datetime import timedelta
from pathlib import Path

import pytest

from leukoscope.errors import InvalidValueError
from leukoscope.settings import default_data_dir, read_settings

TOKEN = "a-long-enough-token"  # noqa: S105


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("LEUKOSCOPE_"):
            monkeypatch.delenv(name)


def test_without_anything_only_this_machine_is_served_for_a_week() -> None:
    settings = read_settings({})
    assert (settings.host, settings.port, settings.token) == ("127.0.0.1", 8000, None)
    assert settings.keep == timedelta(days=7)


def test_the_environment_is_read_and_the_command_line_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEUKOSCOPE_PORT", "8123")
    monkeypatch.setenv("LEUKOSCOPE_KEEP_DAYS", "2.5")
    settings = read_settings({"port": 9000, "keep_days": None})
    assert (settings.port, settings.keep) == (9000, timedelta(days=2.5))


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEUKOSCOPE_ALLOWED_HOSTS", "lab.example, desk.example")
    monkeypatch.setenv("LEUKOSCOPE_MODEL_FOLDERS", "/models")
    settings = read_settings({})
    assert settings.allowed_hosts == ("lab.example", "desk.example")
    assert settings.model_folders == (Path("/models"),)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "lab.example"])  # noqa: S104
def test_letting_others_in_needs_a_token(host: str) -> None:
    with pytest.raises(InvalidValueError, match="token"):
        read_settings({"host": host})
    assert read_settings({"host": host, "token": TOKEN}).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_this_machine_needs_none(host: str) -> None:
    assert read_settings({"host": host}).host == host


def test_a_short_token_is_refused_without_repeating_it() -> None:
    with pytest.raises(InvalidValueError) as caught:
        read_settings({"token": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_the_token_is_not_printed() -> None:
    assert TOKEN not in repr(read_settings({"token": TOKEN}))


@pytest.mark.parametrize(("name", "value"), [("port", 70000), ("keep_days", 0), ("max_files", 0)])
def test_values_out_of_range_are_refused_with_the_name_of_the_setting(name: str, value: float) -> None:
    with pytest.raises(InvalidValueError, match=f"setting {name}") as caught:
        read_settings({name: value})
    assert f"LEUKOSCOPE_{name.upper()}" in caught.value.hint


def test_data_lie_where_the_desktop_standard_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_data_dir() == tmp_path / "leukoscope"
    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/ignored")
    assert default_data_dir() == Path.home() / ".local" / "share" / "leukoscope"


def test_the_database_lies_with_the_data_unless_given(tmp_path: Path) -> None:
    assert read_settings({"data_dir": tmp_path}).url == f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    assert read_settings({"database_url": "postgresql+psycopg://db/x"}).url == "postgresql+psycopg://db/x"
