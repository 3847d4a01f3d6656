import pytest
from fastapi.testclient import TestClient

from fakes.desk import Desk


def test_models_tell_what_they_can_name_and_where_they_end(client: TestClient) -> None:
    answer = client.get("/api/v1/models").json()
    assert answer["default"] == "automatic"
    (model,) = answer["models"]
    assert model["name"] == "tiny-cell"
    assert [label["name"] for label in model["labels"]] == ["red", "green", "blue"]
    assert model["limits"] == ["Knows only colors."]
    assert model["accuracy"] is None


def test_a_healthy_server_says_so(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_without_its_database_the_server_is_not_ready(
    client: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise OSError

    monkeypatch.setattr(desk.store, "check", gone)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_without_its_worker_the_server_is_not_ready(client: TestClient, desk: Desk) -> None:
    desk.worker.stop()
    assert client.get("/readyz").status_code == 503
