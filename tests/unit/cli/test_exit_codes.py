from leukoscope import errors
from leukoscope.cli.exit_codes import ExitCode, exit_code_of


def all_errors(parent=errors.LeukoscopeError):
    yield parent
    for child in parent.__subclasses__():
        yield from all_errors(child)


def make(kind):
    if kind is errors.MissingExtraError:
        return kind("train", "torch")
    if kind is errors.BusyError:
        return kind("full", retry_after_s=3)
    return kind("message")


def test_every_error_has_an_exit_code_that_is_not_success():
    for kind in all_errors():
        assert exit_code_of(make(kind)) not in {ExitCode.DONE, ExitCode.SOME_FAILED}


def test_an_error_tells_its_sentence_and_what_to_do():
    for kind in all_errors():
        if kind not in {errors.MissingExtraError, errors.BusyError}:
            assert str(kind("It broke.", hint="Mend it.")) == "It broke. Mend it."
    assert "pip install 'leukoscope[train]'" in str(errors.MissingExtraError("train", "torch"))
    assert "3 s" in str(errors.BusyError("full", retry_after_s=3))
