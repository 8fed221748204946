"""The X-Ray daemon and the X-Ray API on a laptop: what boto3's `xray` client reads on AWS, it reads here.

    UDP  --> daemon ------.
                           collector --> store (SQLite, WAL) <-- api <-- server (HTTP) <-- boto3
    HTTP PutTraceSegments -'

`documents` knows one segment document, `assembly` puts the documents of a trace together, `summaries` says what
GetTraceSummaries tells about the result. Those three are pure: no socket, no file, no clock.

What is sent and what comes back
    A segment document holds a whole segment with its subsegments, a segment in progress, or one subsegment sent alone
    (`type` "subsegment" with `trace_id` and `parent_id`), up to 64 KB each; a document in progress is overwritten by
    its complete one; the service compiles full traces from them:
    https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
    https://docs.aws.amazon.com/xray/latest/api/API_PutTraceSegments.html
    A segment read back is "compiled from documents uploaded with PutTraceSegments":
    https://docs.aws.amazon.com/xray/latest/api/API_Segment.html
    So BatchGetTraces answers with one document a segment and embeds a subsegment that came alone under its parent.

Where it differs from AWS
    On AWS the Lambda service sends the segment under which a function's subsegments hang. Where nobody sends it, the
    parent is unknown: such an orphan is returned as a document of its own, with `type`, `trace_id` and `parent_id`
    left in place, and is embedded as soon as the parent's document is there.
    Inferred segments (a table, a topic, a remote host), the service graph and filter expressions are not there yet;
    what is not there is answered with an error, never with an empty success.
"""
