"""Reads of the analytics API: the catalogue of metrics, questions about them, reports, and the files of others."""

from analytics.handlers.queries import drops, metrics, rebuilds, reports
from analytics.handlers.queries.routes import api

__all__ = ["api", "drops", "handler", "metrics", "rebuilds", "reports"]

handler = api.handler
