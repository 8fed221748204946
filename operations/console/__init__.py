"""The operator's page and the HTTP API behind it, on loopback only: `python -m operations.console --stage ...`."""
