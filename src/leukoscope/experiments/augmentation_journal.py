"""Which pictures did an interrupted run finish?  One line per picture, noted when the picture is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

from leukoscope.data.manifest import boxes_of_text, boxes_to_text
from leukoscope.data.noted_lines import add_line, open_lines, read_lines
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
        with open_lines(plan.out / FINISHED) as stream:
            yield cls(plan, stream)

    def finished(self) -> dict[PictureJob, Made]:
        """Jobs that were noted and whose pictures are still there."""
        noted = dict(map(_read, read_lines(self.plan.out / FINISHED)))
        found = ((job, noted.get(self._name(job))) for job in self.plan.jobs)
        return {job: made for job, made in found if made is not None and _is_there(job)}

    def note(self, job: PictureJob, made: Made) -> None:
        """Note that a picture is whole."""
        boxes = None if made.boxes is None else boxes_to_text(made.boxes)
        line = [self._name(job), made.sha256, made.width, made.height, boxes, made.has_mask, made.magnification]
        add_line(self._stream, line)

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


def _read(line: list[Any]) -> tuple[str, Made]:
    name, sha256, width, height, boxes, has_mask, magnification = line
    objects = None if boxes is None else boxes_of_text(boxes)
    return name, Made(sha256, width, height, objects, has_mask, magnification)
