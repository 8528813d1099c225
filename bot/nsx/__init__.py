"""The NSX Manager over HTTPS."""
