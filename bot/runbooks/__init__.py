"""Procedures as pure code: an observation goes in, the next action comes out."""
