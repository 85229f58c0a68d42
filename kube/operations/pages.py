"""The page of every operation, to show a record again long after its run.

An operation with a page of its own is named here.
"""

from __future__ import annotations

from kube.clusters.description import description_report
from kube.clusters.inventory_report import inventory_report, inventory_table
from kube.clusters.report import cluster_report
from kube.clusters.report_figures import facts_table
from kube.operations.findings import REPORT
from kube.records.findings import Report
from kube.records.record import Record
from kube.records.report.comparison import comparison_report, comparison_table
from kube.records.report.listing import listing_report, listing_table
from kube.templates.shown import list_page, list_rows, template_page

_DESCRIPTION = Report(description_report)
_PAGES = {
    "register-cluster": _DESCRIPTION,
    "update-cluster": _DESCRIPTION,
    "show-cluster": _DESCRIPTION,
    "list-clusters": Report(inventory_report, inventory_table),
    "refresh-cluster": Report(cluster_report, facts_table),
    "list-templates": Report(list_page, list_rows),
    "show-template": Report(template_page),
    "list-records": Report(listing_report, listing_table),
    "compare-records": Report(comparison_report, comparison_table),
}


def page_of(record: Record) -> Report:
    """Return how a record is shown; operations that write have one page, and so have the others."""
    return _PAGES.get(record.operation, REPORT)
