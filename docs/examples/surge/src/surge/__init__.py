"""Surge analytics: how many rides are asked for, and quoted, in each place and minute."""
