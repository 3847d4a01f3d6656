"""Archives of torch.export by strangers; they are refused before torch sees them."""

import io
import json
import zipfile

import pytest

from leukoscope.modeling.importing.exported_program import check_archive
from leukoscope.modeling.importing.refusal import RefusedError

CONV = {"target": "torch.ops.aten.conv2d.default", "inputs": []}
SIZE = "Mul(Integer(2), Symbol('s31', positive=True, integer=True))"


def archive(program: object = None, **others: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        out.writestr("t/archive_format", "pt2")
        out.writestr("t/models/model.json", json.dumps(CONV if program is None else program))
        for name, content in others.items():
            out.writestr(f"t/{name}", content)
    return buffer.getvalue()


def test_a_program_of_standard_operators_is_taken():
    check_archive(
        archive(
            {"graph": [CONV, {"target": "_operator.add", "inputs": []}, {"expr_str": "2*s0 + 1"}, {"expr_str": SIZE}]}
        )
    )


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ({"target": "torch.os.system", "inputs": ["x"]}, "no standard operator"),
        ({"target": "torch.ops.mine.run", "inputs": []}, "no standard operator"),
        ({"target": "torch.ops.aten.add.__class__.x", "inputs": []}, "no standard operator"),
        ({"target": "_operator.methodcaller", "inputs": []}, "no standard operator"),
        ({"expr_str": "__import__('os')"}, "no size"),
        ({"expr_str": "s0.__class__"}, "no size"),
        ({"config": {"w": {"use_pickle": True}}}, "pickled weights"),
        ({"as_custom_obj": {"name": "x"}}, "objects besides tensors"),
    ],
)
def test_a_program_that_reaches_further_is_refused(program, said):
    with pytest.raises(RefusedError, match=said) as refusal:
        check_archive(archive({"deep": [program]}))
    assert refusal.value.hint


@pytest.mark.parametrize(
    "name",
    [
        "data/constants/custom_obj_0",
        "data/constants/opaque_0",
        "data/aotinductor/m/a.so",
        "../x",
        "data/weights/model.pt",
    ],
)
def test_an_archive_with_objects_or_code_is_refused(name):
    with pytest.raises(RefusedError, match="is refused"):
        check_archive(archive(**{name: b"x"}))


def test_what_is_damaged_or_no_archive_is_refused():
    whole = archive()
    for content in (b"", b"PK", whole[:-30], whole.replace(b"{", b"[")):
        with pytest.raises(RefusedError):
            check_archive(content)
