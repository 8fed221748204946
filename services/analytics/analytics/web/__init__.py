"""The way of web events: into the stream, and out of it into what is counted."""
