import gc
import sys

import pytest

from leukoscope.cli.starting import importing


@pytest.fixture
def an_unknown_module(tmp_path, monkeypatch):
    (tmp_path / "just_written.py").write_text("import gc\nLOOKED_FOR = gc.isenabled()\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "just_written"
    sys.modules.pop("just_written", None)
    gc.unfreeze()


def test_no_garbage_is_looked_for_while_modules_are_imported_and_they_are_left_out_later(an_unknown_module):
    gc.unfreeze()
    with importing():
        module = __import__(an_unknown_module)

    assert not module.LOOKED_FOR
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_where_nothing_new_is_imported_nothing_is_left_out():
    gc.unfreeze()
    with importing():
        import json  # noqa: F401 - known already

    assert gc.get_freeze_count() == 0


def test_a_failed_import_leaves_the_collection_as_it_was():
    with pytest.raises(ModuleNotFoundError), importing():
        __import__("no_such_module_at_all")

    assert gc.isenabled()


def test_who_collects_no_garbage_at_all_is_left_alone():
    gc.disable()
    try:
        with importing():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
