"""Descriptions of Keras models by strangers; nothing of Keras is needed to refuse them."""

import pytest

from leukoscope.modeling.importing.keras_configuration import check_configuration
from leukoscope.modeling.importing.refusal import RefusedError


def layer(name: str = "Dense", module: str | None = "keras.layers", **config: object) -> dict[str, object]:
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def model(*layers: dict[str, object]) -> dict[str, object]:
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": list(layers)}}


def test_plain_layers_are_taken_in_either_way_of_writing():
    modern = layer("Conv2D", activation="relu", kernel_initializer=layer("GlorotUniform", "keras.initializers"))
    legacy = {"class_name": "Conv2D", "config": {"kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.1}}}}
    check_configuration(model(modern, layer("RandomFlip"), layer("Dropout")))
    check_configuration(model(layer("TrueDivide", "keras.src.ops.numpy"), layer("GetItem", "keras.src.ops.numpy")))
    check_configuration(model(legacy) | {"compile_config": {"optimizer": layer("Anything", "of.mine")}})


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        (layer("Lambda"), "Lambda"),
        (layer("Mine", "my_module"), "Mine"),
        (layer(module="os"), "'os'"),
        (layer(module="keras.utils"), r"keras\.utils"),
        (layer() | {"registered_name": "pkg>Dense"}, "custom object"),
        (layer(activation=layer("function", "builtins")), "function"),
        (layer(activation="../x"), "custom activation"),
        (layer("Dense", inner={"class_name": "TFSMLayer", "config": {"filepath": "/x"}}), "TFSMLayer"),
        (layer(fn_name="system"), "fn_name"),
        (layer("StringLookup"), "StringLookup"),
        (layer("Dense", inner=[{"class_name": ["Dense"]}]), "no plain layer of Keras"),
    ],
)
def test_what_may_run_code_is_refused_wherever_it_stands(hostile, said):
    for described in (model(hostile), model(layer("Dense", inner=[hostile]))):
        with pytest.raises(RefusedError, match=said) as refusal:
            check_configuration(described)
        assert refusal.value.hint


def test_what_is_no_description_or_nested_without_end_is_refused():
    for strange in (None, [], {"a": 1}, model() | {"extra": 1}):
        with pytest.raises(RefusedError):
            check_configuration(strange)
    deep: dict[str, object] = {}
    for _ in range(60):
        deep = {"x": deep}
    with pytest.raises(RefusedError, match="too deeply"):
        check_configuration(model(layer("Dense", inner=deep)))
