"""The backup server over SSH."""
