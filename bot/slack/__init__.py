"""Slack: who people are, what it is shown, and the two ways in which it calls us."""
