"""What holds for every source file: its size, what it prints, and where each third-party library may be used."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "src" / "leukoscope"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 400

# Where a library may be imported (also inside functions and for types only). "everywhere" is said of what every
# package needs and what costs nothing; a library that is not listed has no home yet and fails the test.
HOMES: dict[str, tuple[str, ...]] = {
    "numpy": ("everywhere",),
    "scipy": ("data", "evaluation", "imaging", "modeling", "synthetic"),
    # service: views of a job are kept as JSON and validated when read back.
    "pydantic": ("bundles", "experiments/source_results.py", "modeling", "reporting", "service", "settings", "web"),
    "pydantic_settings": ("settings",),
    "tomli_w": ("bundles", "modeling"),
    "PIL": ("imaging", "data/copies"),  # copies: ImageHash takes Pillow's pictures
    # synthetic: the renderer needs OpenCV's blur and polygons. data: reads training sets whose format is known.
    "cv2": ("imaging", "synthetic", "data"),
    "skimage": ("imaging",),
    "tifffile": ("imaging",),
    # export_int8: its tools for quantization.
    "onnxruntime": ("inference", "modeling/export_int8.py"),
    "torch": ("modeling",),
    "torchvision": ("modeling",),
    "timm": ("modeling",),
    "lightning": ("modeling",),
    "torchmetrics": ("modeling",),
    "optuna": ("modeling/search.py",),
    "safetensors": ("modeling/networks",),  # comes with timm, whose weights it reads
    "onnx": ("modeling/export.py", "modeling/export_int8.py", "modeling/importing", "modeling/classical"),
    "google": ("modeling/importing",),  # protobuf, which onnx brings: the error of a graph that cannot be parsed
    "keras": ("modeling/importing",),
    "h5py": ("modeling/importing",),
    "onnxscript": ("modeling/export.py",),
    # whitening: the shrunk covariance that whitens an embedding.
    "sklearn": ("modeling/classical", "modeling/whitening.py", "data"),
    "skl2onnx": ("modeling/classical",),
    "pandas": ("data",),
    "pyarrow": ("data",),
    "imagehash": ("data",),
    "yaml": ("data/sources", "data/exports"),
    "umap": ("data",),
    "matplotlib": ("reporting/figures",),
    "jinja2": ("reporting", "web"),
    "sqlalchemy": ("storage", "modeling/search.py"),  # search: what Optuna's database raises
    "alembic": ("storage",),
    "fastapi": ("web", "wiring.py"),  # wiring: for the type of what it makes
    "anyio": ("web",),  # comes with FastAPI, whose concurrency it is
    "starlette": ("web",),
    "nicegui": ("web",),
    "python_multipart": ("web",),
    "uvicorn": ("web", "cli/serve.py"),
    "typer": ("cli",),
    "rich": ("cli", "reporting/terminal.py"),
}


def place(module: Path) -> str:
    return module.relative_to(PACKAGE).as_posix()


def third_party_imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        for name in names:
            top = name.partition(".")[0]
            if top != "leukoscope" and top not in sys.stdlib_module_names:
                yield top


def is_home(place_of_module: str, homes: tuple[str, ...]) -> bool:
    return homes == ("everywhere",) or any(
        place_of_module in (home, f"{home}.py") or place_of_module.startswith((f"{home}/", f"{home}_"))
        for home in homes
    )


@pytest.mark.parametrize("module", MODULES, ids=place)
def test_a_library_is_used_only_in_its_home(module: Path) -> None:
    strayed = {name for name in third_party_imports(module) if not is_home(place(module), HOMES.get(name, ()))}
    assert not strayed, f"{place(module)} imports {sorted(strayed)}; their homes stand in HOMES above"


def test_nothing_is_installed_for_analyzing_that_no_module_uses() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    used = {name for module in MODULES for name in third_party_imports(module)}
    named_otherwise = {"pillow": "PIL", "opencv-python-headless": "cv2", "scikit-image": "skimage"}
    wanted = {re.split(r"[<>=!~\[]", line)[0].lower() for line in project["dependencies"]}
    imported_as = {dist: named_otherwise.get(dist, dist.replace("-", "_")) for dist in wanted}
    assert [dist for dist, name in imported_as.items() if name not in used] == []


@pytest.mark.parametrize("module", MODULES, ids=place)
def test_a_module_fits_in_the_head(module: Path) -> None:
    lines = module.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST, f"{place(module)} has {lines} lines: split it by idea"


@pytest.mark.parametrize("module", [one for one in MODULES if not place(one).startswith("cli/")], ids=place)
def test_only_the_command_line_prints(module: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    printing = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    assert not printing, f"{place(module)} prints in lines {printing}"


@pytest.mark.parametrize("name", ["utils", "helpers", "base", "misc"])
def test_no_module_is_a_drawer_for_anything(name: str) -> None:
    assert not [place(module) for module in MODULES if name in module.with_suffix("").parts]


def test_the_tree_of_errors_is_drawn_whole() -> None:
    from leukoscope import errors

    def below(kind: type[errors.LeukoscopeError]) -> Iterator[str]:
        yield kind.__name__
        for child in kind.__subclasses__():
            if child.__module__ == errors.__name__:
                yield from below(child)

    drawn = errors.__doc__ or ""
    assert [name for name in below(errors.LeukoscopeError) if name not in drawn] == []
