"""The independent checker: every invariant over topics and warehouse, from the log alone."""

from deploy.verify.checker import check
from deploy.verify.findings import Report

__all__ = ["Report", "check"]
