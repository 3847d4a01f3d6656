"""Which pictures did an interrupted run finish?  One line per picture, noted when the picture is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from leukoscope.data.manifest import boxes_of_text, boxes_to_text
from leukoscope.errors import DataError
from leukoscope.experiments.augmentation_plan import Plan
from leukoscope.modeling.augmentation.pictures import Made, PictureJob, write_whole

SETTINGS = "augmentation.json"
FINISHED = "finished.jsonl"


@dataclass(frozen=True, slots=True)
class Journal:
    """The notes of one run folder."""

    plan: Plan
    _stream: TextIO

    @classmethod
    @contextmanager
    def open(cls, plan: Plan) -> Iterator[Journal]:
        """Open the folder of a plan.

        Raises:
            DataError: It holds another augmentation.
        """
        plan.out.mkdir(parents=True, exist_ok=True)
        _keep_settings(plan)
        path = plan.out / FINISHED
        _end_last_line(path)
        with path.open("a", encoding="utf-8") as stream:
            yield cls(plan, stream)

    def finished(self) -> dict[PictureJob, Made]:
        """Jobs that were noted and whose pictures are still there."""
        noted = dict(filter(None, map(_read, (self.plan.out / FINISHED).read_text(encoding="utf-8").splitlines())))
        found = ((job, noted.get(self._name(job))) for job in self.plan.jobs)
        return {job: made for job, made in found if made is not None and _is_there(job)}

    def note(self, job: PictureJob, made: Made) -> None:
        """Note that a picture is whole."""
        boxes = None if made.boxes is None else boxes_to_text(made.boxes)
        line = [self._name(job), made.sha256, made.width, made.height, boxes, made.has_mask, made.magnification]
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._stream.flush()

    def _name(self, job: PictureJob) -> str:
        return job.target.relative_to(self.plan.out).as_posix()


def _is_there(job: PictureJob) -> bool:
    return job.target.is_file() and (job.mask is None or job.mask_target.is_file())


def _keep_settings(plan: Plan) -> None:
    path = plan.out / SETTINGS
    text = json.dumps(plan.settings(), indent=2, ensure_ascii=False) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise DataError(
            f"{plan.out} holds an augmentation with other settings ({SETTINGS}).",
            hint="Give another folder with --out.",
        )
    write_whole(path, text.encode())


def _end_last_line(path: Path) -> None:
    """A killed run may have left half a line; what comes next must not be joined to it."""
    if path.is_file() and (content := path.read_bytes()) and not content.endswith(b"\n"):
        path.write_bytes(content + b"\n")


def _read(line: str) -> tuple[str, Made] | None:
    try:
        name, sha256, width, height, boxes, has_mask, magnification = json.loads(line)
    except ValueError:  # the half line of a killed run
        return None
    objects = None if boxes is None else boxes_of_text(boxes)
    return name, Made(sha256, width, height, objects, has_mask, magnification)
