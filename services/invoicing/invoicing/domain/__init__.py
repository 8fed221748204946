"""The rules of invoicing, free of AWS, HTTP and JSON."""
