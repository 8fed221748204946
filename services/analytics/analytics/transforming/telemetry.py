"""What operators see of the transformer: metrics by source, in the log lines that CloudWatch reads them from."""

from aws_lambda_powertools.metrics import Metrics, MetricUnit

from analytics.domain.drops.ranges import Counts

NAMESPACE = "Backoffice/Analytics"

_metrics = Metrics(namespace=NAMESPACE)


def step_done(source_id: str, counts: Counts, size: int, seconds: float) -> None:
    """A step has been written: so many rows, of so many bytes, in so many seconds."""
    _metrics.add_dimension("source", source_id)
    _metrics.add_metric("RecordsRead", MetricUnit.Count, counts.read)
    _metrics.add_metric("RecordsWritten", MetricUnit.Count, counts.written)
    _metrics.add_metric("RecordsRejected", MetricUnit.Count, counts.rejected)
    _metrics.add_metric("BytesRead", MetricUnit.Bytes, size)
    _metrics.add_metric("Seconds", MetricUnit.Seconds, round(seconds, 3))
    _metrics.flush_metrics()
