"""The workspace in a browser: a page on loopback on which one visitor can play everybody."""
