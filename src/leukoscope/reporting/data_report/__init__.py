"""HOW IS A DATA SET TOLD?  The page and the JSON of `data check` and of `data describe`; one file each, no script."""

from leukoscope.reporting.data_report.check_page import write_check_report

__all__ = ["write_check_report"]
