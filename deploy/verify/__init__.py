"""The independent checker: every invariant over topics and warehouse, from the log alone."""

from deploy.verify.findings import Report
from deploy.verify.many import check

__all__ = ["Report", "check"]
