from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from fakes.desk import Desk
from leukoscope.web.app import create_api
from leukoscope.web.guard import AccessRules

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def desk(tmp_path: Path, tiny_bundle) -> Desk:
    return Desk(tmp_path, tiny_bundle().card)


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with TestClient(create_api(desk.service, desk.worker, AccessRules()), base_url=BASE) as made:
        yield made
