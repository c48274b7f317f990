"""The reading side of the warehouse, for command line and demo: plain rows, never a change."""
