import shutil
from pathlib import Path

import pytest

from leukoscope.bundles.archive import read_bundle
from leukoscope.bundles.installing import install_bundle
from leukoscope.bundles.registry import find_bundle, list_bundles, shipped_folder, user_folder
from leukoscope.errors import NotFoundError


def test_a_bundle_in_a_users_folder_is_listed_and_found_by_its_cards_name(bundle_folder):
    found = {one.name: one for one in list_bundles([bundle_folder.parent])}

    assert found["tiny-cell"].path == bundle_folder
    assert not found["tiny-cell"].shipped
    assert find_bundle("tiny-cell", [bundle_folder.parent]).card.name == "tiny-cell"


def test_a_bundle_is_found_by_its_path(bundle_folder):
    assert find_bundle(str(bundle_folder)).card.name == "tiny-cell"


def test_a_damaged_bundle_is_listed_with_its_fault_and_hides_nothing(bundle_folder):
    damaged = bundle_folder.parent / "damaged"
    shutil.copytree(bundle_folder, damaged)
    (damaged / "card.toml").write_text("schema = 1")

    found = {one.name: one for one in list_bundles([bundle_folder.parent])}
    assert found["damaged"].card is None
    assert "card.toml" in found["damaged"].fault
    assert found["tiny-cell"].card is not None


def test_an_unknown_name_lists_the_known_ones(bundle_folder):
    with pytest.raises(NotFoundError, match="tiny-cell"):
        find_bundle("no-such-model", [bundle_folder.parent])


def test_a_folder_that_does_not_exist_is_passed_over(tmp_path):
    assert {one.path.parent for one in list_bundles([tmp_path / "none"])} <= {shipped_folder(), user_folder()}


def test_a_folder_that_cannot_be_read_is_listed_with_its_fault_and_hides_nothing(bundle_folder, monkeypatch):
    closed = bundle_folder.parent / "closed"
    closed.mkdir()
    listing = Path.iterdir

    def refuse(folder):
        if folder == closed:
            raise PermissionError(13, "Permission denied", str(folder))
        return listing(folder)

    monkeypatch.setattr(Path, "iterdir", refuse)
    found = {one.name: one for one in list_bundles([bundle_folder.parent, closed])}
    assert "Permission denied" in found["closed"].fault
    assert found["tiny-cell"].card is not None


def test_an_installed_model_is_found_by_everybody(bundle_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    install_bundle(read_bundle(bundle_folder), user_folder())
    (user_folder() / ".half.partial").mkdir()
    (user_folder() / ".half.partial" / "card.toml").write_text("=")
    assert find_bundle("tiny-cell").card.name == "tiny-cell"
    assert not [one for one in list_bundles() if one.name.startswith(".")]


def test_a_link_to_nowhere_is_listed_with_its_fault_and_hides_nothing(bundle_folder):
    (bundle_folder.parent / "gone.zip").symlink_to(bundle_folder.parent / "nowhere.zip")

    found = {one.name: one for one in list_bundles([bundle_folder.parent])}
    assert found["gone"].card is None
    assert "no bundle" in found["gone"].fault
    assert found["tiny-cell"].card is not None
