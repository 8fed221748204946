"""The X-Ray daemon and the X-Ray API on a laptop: what boto3's `xray` client reads on AWS, it reads here.

    UDP  --> daemon ------.
                           collector --> store (SQLite, WAL) <-- api <-- server (HTTP) <-- boto3
    HTTP PutTraceSegments -'

`documents` knows one segment document, `assembly` puts the documents of a trace together, `completion` adds what
managed services would have sent, `inference` what callers tell of services that send nothing. `summaries` says what
GetTraceSummaries tells about the result, `expressions` and `subjects` what its filters match; `observations` what it
adds to the service graph, `service_graph` how the sum is shown. All of those are pure: no socket, no file, no clock.
`sums` keeps the observations in the database.

What is sent and what comes back
    A segment document holds a whole segment with its subsegments, a segment in progress, or one subsegment sent alone
    (`type` "subsegment" with `trace_id` and `parent_id`), up to 64 KB each; a document in progress is overwritten by
    its complete one; the service compiles full traces from them:
    https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
    https://docs.aws.amazon.com/xray/latest/api/API_PutTraceSegments.html
    A segment read back is "compiled from documents uploaded with PutTraceSegments":
    https://docs.aws.amazon.com/xray/latest/api/API_Segment.html
    So BatchGetTraces answers with one document a segment and embeds a subsegment that came alone under its parent.

Where it differs from AWS: docs/local-xray.md.
"""
