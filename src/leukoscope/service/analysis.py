"""The main use case: pictures in, findings out, one at a time, nothing lost on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from leukoscope.errors import InputError
from leukoscope.reporting.writer import ReportOutcome, ReportWriter
from leukoscope.service.ports import Analyzer, Source

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """How a batch went.

    Attributes:
        result: What was written.
        failed: Inputs without a finding.
        stopped: The batch was interrupted; what was finished is written.
    """

    result: ReportOutcome
    failed: int
    stopped: bool


def analyze_batch(
    sources: Iterable[Source],
    analyzer: Analyzer,
    writer: ReportWriter,
    *,
    after_each: Callable[[str, str | None], None] = lambda path, error: None,
) -> BatchOutcome:
    """Analyze every source and write the report.

    A source that cannot be read becomes an entry with its error, and the batch goes on. Ctrl-C writes what is done.

    Args:
        sources: The inputs, in the order they are reported.
        analyzer: The models.
        writer: Where the report goes; inputs it already holds from an interrupted run are not analyzed again.
        after_each: Called with the path and the error (None when it went well) after each input.
    """
    stopped = False
    try:
        for source in sources:
            error = analyze_one(source, analyzer, writer)
            after_each(source.path, error)
    except KeyboardInterrupt:
        stopped = True
    result = writer.finish(complete=not stopped)
    return BatchOutcome(result, sum(image.error is not None for image in result.images), stopped)


def analyze_one(source: Source, analyzer: Analyzer, writer: ReportWriter) -> str | None:
    """Analyze one source into a report; the server calls this directly to take turns between jobs.

    Returns:
        None, or why it failed, as one sentence.
    """
    try:
        image = source.load()
        if not writer.holds(source.path, image.sha256):
            writer.add(source.path, image, analyzer.analyze(image))
    except InputError as fault:
        writer.add_failure(source.path, str(fault))
        return str(fault)
    except MemoryError:
        sentence = "There was not enough memory for this picture; make it smaller or close other programs."
        writer.add_failure(source.path, sentence)
        return sentence
    except OSError:
        raise  # the report cannot be written: no later picture would fare better
    except Exception:  # the edge of a batch: one picture that trips a library must not cost the other thousand
        _log.exception("a picture could not be analyzed")
        sentence = "leukoscope itself failed on this picture; please report it with the picture's kind and size."
        writer.add_failure(source.path, sentence)
        return sentence
    return None
