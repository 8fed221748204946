"""The bounded context of the work shop. Say here, in a sentence, what it is the truth about."""
