"""Our stage and serverless-offline side by side: `python -m benchmarks.serverless_offline`."""
