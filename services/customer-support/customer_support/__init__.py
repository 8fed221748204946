"""Customer support: who our customers are and what they need help with.

Every error is a problem document (RFC 9457); its `code` tells what to do about it:

| status | code | what it means here |
| --- | --- | --- |
| 400 | `malformed_json`, `bad_limit`, `bad_cursor` | the request cannot be read |
| 400 | `idempotency_key_required`, `bad_idempotency_key` | a POST that creates needs an `Idempotency-Key` of its own |
| 401 | `unauthorized` | no token, or one that is expired or forged |
| 403 | `forbidden` | the caller's groups do not allow it |
| 404 | `customer_not_found`, `ticket_not_found`, `erasure_not_found` | there is none, or the id is of another kind |
| 404 | `attachment_not_found`, `calendar_not_found`, `policy_not_found` | there is none |
| 409 | `email_taken` | another customer has this e-mail address, in whatever capitals |
| 409 | `illegal_transition` | the status forbids it: see `status_now`, `allowed_from` and `allowed_actions` |
| 409 | `reopen_window_over` | a ticket is reopened within seven days; a customer's message opens a follow-up |
| 409 | `other_customer`, `too_large_to_merge` | only tickets of one customer are merged, with 300 time entries in all |
| 409 | `unassigned` | a ticket needs an assignee before it can be solved |
| 409 | `too_many_time_entries` | a ticket takes 300 of them |
| 409 | `too_many_calendars`, `too_many_policies` | there can be 30 and 60 of them |
| 409 | `customer_erased` | the ticket's customer was erased: nothing is added to it, and no ticket is opened |
| 409 | `in_flight` | another request holds the same things; try again |
| 410 | `customer_erased` | the customer was erased; `erasure_id` names the erasure |
| 410 | `attachment_erased` | the file was erased with its customer |
| 412 | `stale_version` | somebody else was faster: read it again and decide anew |
| 413 | `content_too_large` | a body takes 256 KiB |
| 422 | `validation_failed` | `errors` names each field at fault, an unknown `customer_id` too |
| 422 | `idempotency_key_reused` | this key belongs to another request |
| 428 | `if_match_required` | a PATCH needs the ETag that was read as `If-Match` |
"""
