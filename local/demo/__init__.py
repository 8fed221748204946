"""A working day, played through the public APIs of a stage that is up."""
