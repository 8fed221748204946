"""The message kit: envelope, transactional outbox and its relay, inbox with deduplication."""
