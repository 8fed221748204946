"""Making a projection anew from the archive, beside the one that is read."""
