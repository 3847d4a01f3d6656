"""Packages of strangers: what is not a bundle and nothing else is refused before anything is written."""

import zipfile
from dataclasses import replace

import pytest

from leukoscope.bundles import registry
from leukoscope.bundles.archive import read_bundle, read_card, zip_bundle
from leukoscope.bundles.installing import check_package, install_bundle, refuse_taken, uninstall_bundle
from leukoscope.errors import InvalidBundleError, InvalidValueError, NotFoundError


def test_a_bundle_goes_through_a_zip_into_a_folder_of_models_and_out_again(bundle_folder, tmp_path):
    bundle, models = read_bundle(bundle_folder), tmp_path / "models"
    for name in ("a.zip", "b.zip"):
        zip_bundle(bundle, tmp_path / name)
    check_package(tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()

    place = install_bundle(read_bundle(tmp_path / "a.zip"), models)
    assert read_bundle(place).ref == bundle.ref
    assert [one.name for one in models.iterdir()] == ["tiny-cell"]
    assert uninstall_bundle("tiny-cell", models) == place
    assert list(models.iterdir()) == []


def test_a_taken_name_is_refused_unless_it_is_to_be_replaced(bundle_folder, tmp_path, monkeypatch):
    bundle, models = read_bundle(bundle_folder), tmp_path / "models"
    install_bundle(bundle, models)
    with pytest.raises(InvalidValueError, match="--replace"):
        install_bundle(bundle, models)
    newer = replace(bundle, card=bundle.card.model_copy(update={"version": "2.0.0"}))
    assert read_bundle(install_bundle(newer, models, replace=True)).card.version == "2.0.0"
    assert [one.name for one in models.iterdir()] == ["tiny-cell"]

    monkeypatch.setattr(registry, "shipped_folder", lambda: models)
    monkeypatch.setattr("leukoscope.bundles.installing.shipped_folder", lambda: models)
    with pytest.raises(InvalidValueError, match="shipped model"):
        refuse_taken("tiny-cell", tmp_path / "others", replace=True)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../card.toml", "leads elsewhere"),
        ("/card.toml", "leads elsewhere"),
        ("weights.bin", "nothing else"),
        ("model/model.onnx", "nothing else"),
    ],
)
def test_a_zip_with_other_names_is_refused(bundle_folder, tmp_path, name, said):
    path = tmp_path / "strange.zip"
    zip_bundle(read_bundle(bundle_folder), path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "x")
    for opened in (check_package, read_bundle, read_card):  # install; then verify, analyze and serve; then model list
        with pytest.raises(InvalidBundleError, match=said):
            opened(path)


def test_a_zip_that_holds_a_file_twice_or_unpacks_to_too_much_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("card.toml", b"0" * (5 << 20))
    with pytest.raises(InvalidBundleError, match="unpacks to"):
        check_package(tmp_path / "bomb.zip")
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
        archive.writestr("card.toml", "a")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("card.toml", "b")
    with pytest.raises(InvalidBundleError, match="twice"):
        check_package(tmp_path / "twice.zip")


def test_a_folder_with_another_file_or_a_link_is_refused(bundle_folder):
    (bundle_folder / "notes.txt").write_text("x")
    with pytest.raises(InvalidBundleError, match=r"notes\.txt"):
        check_package(bundle_folder)
    (bundle_folder / "notes.txt").unlink()
    (bundle_folder / "golden.npz").rename(bundle_folder.parent / "g")
    (bundle_folder / "golden.npz").symlink_to(bundle_folder.parent / "g")
    with pytest.raises(InvalidBundleError, match="no plain file"):
        check_package(bundle_folder)


def test_what_is_no_zip_or_not_there_is_refused(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(InvalidBundleError, match="not a readable zip"):
        check_package(tmp_path / "x.zip")
    with pytest.raises(NotFoundError):
        check_package(tmp_path / "none.zip")


@pytest.mark.parametrize("name", ["none", "..", "../tiny", ".tiny"])
def test_only_an_installed_model_can_be_removed(bundle_folder, name):
    with pytest.raises(NotFoundError, match="holds no model"):
        uninstall_bundle(name, bundle_folder)
    assert (bundle_folder / "card.toml").is_file()
