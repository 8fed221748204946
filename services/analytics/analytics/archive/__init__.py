"""Every event of every context, kept for good: compressed JSON lines in a bucket, without personal data.

    events/context=invoicing/date=2026-11-25/type=InvoiceIssued/<first event>-<events>-<digest>.jsonl.gz

A line is the event's envelope as it was told, and the trace that it belongs to. The date is that on which it was told
(``recorded_at``, UTC): it follows from the event alone, and a day that is over hardly changes any more.
"""
