"""Files that third parties drop: where they come from, what is read out of them, and how far that has got."""
