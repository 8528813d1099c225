"""The command line: `nsx-restore`."""
