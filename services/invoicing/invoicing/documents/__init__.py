"""The documents of what was issued: UBL for programs, PDF for people. Free of AWS and HTTP, like the domain."""
