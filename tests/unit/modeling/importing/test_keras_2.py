"""Descriptions as Keras 2 wrote them; each turn was found with a file written by it."""

from leukoscope.modeling.importing.keras_2 import bring_up_to_date


def test_a_backbone_inside_another_model_is_described_as_keras_3_reads_it():
    depthwise = {"class_name": "DepthwiseConv2D", "config": {"name": "d", "groups": 1, "kernel_size": [3, 3]}}
    norm = {"class_name": "BatchNormalization", "config": {"name": "n", "axis": [3]}}
    backbone = {
        "class_name": "Functional",
        "name": "backbone",
        "config": {"layers": [depthwise, norm], "input_layers": [["i", 0, 0]], "output_layers": [["n", 0, 0]]},
        "inbound_nodes": [[["input", 0, 0, {"training": False}]]],
    }
    pool = {"class_name": "GlobalAveragePooling2D", "name": "p", "inbound_nodes": [[["backbone", 1, 0, {}]]]}
    model = {"class_name": "Functional", "config": {"layers": [backbone, pool], "output_layers": [["p", 0, 0]]}}

    assert bring_up_to_date(model)
    assert depthwise["config"] == {"name": "d", "kernel_size": [3, 3]}
    assert norm["config"]["axis"] == 3
    assert backbone["config"]["output_layers"] == ["n", 0, 0]
    assert pool["inbound_nodes"] == [[["backbone", 0, 0, {}]]]
    assert backbone["inbound_nodes"] == [[["input", 0, 0, {"training": False}]]]
    assert not bring_up_to_date(model)


def test_a_layer_that_is_shared_keeps_its_second_call():
    dense = {"class_name": "Dense", "name": "d", "config": {}}
    add = {"class_name": "Add", "name": "a", "inbound_nodes": [[["d", 0, 0, {}], ["d", 1, 0, {}]]]}
    assert not bring_up_to_date({"class_name": "Functional", "config": {"layers": [dense, add]}})
    assert add["inbound_nodes"][0][1][1] == 1
