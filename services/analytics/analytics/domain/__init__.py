"""What is measured, into which buckets it goes, and how buckets become a series of local time."""
