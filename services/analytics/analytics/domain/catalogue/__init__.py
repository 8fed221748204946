"""The metrics: what each one means, in words that settle an argument."""

from analytics.domain.catalogue import receivables, support
from analytics.domain.catalogue.metric import Kind, Metric, Unit

__all__ = ["CATALOGUE", "Kind", "Metric", "Unit"]

CATALOGUE = {metric.name: metric for metric in (*support.METRICS, *receivables.METRICS)}
"""All metrics by name."""
