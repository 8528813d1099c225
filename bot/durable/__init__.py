"""Runs that outlive crashes and restarts. The only importer of DBOS."""
