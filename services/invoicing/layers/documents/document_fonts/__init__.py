"""The fonts of PDF documents; where each comes from, and its licence, stands in README.md beside them."""
