"""What every bounded context is given: HTTP, messages, tables, tracing and logs. No business rule lives here."""
