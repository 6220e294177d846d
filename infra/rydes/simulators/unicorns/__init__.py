"""Unicorns: those that quote by their rate card, and those that price by hand."""
