"""The embedded default: Backoffice on one machine, without an AWS account."""
