"""Exported designs run by the tools they are exported to: their figures beside ours."""
