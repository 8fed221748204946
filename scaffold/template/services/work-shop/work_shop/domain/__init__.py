"""The rules of the work shop: no AWS, no HTTP, no JSON."""
