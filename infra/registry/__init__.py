"""Schemas as a registry sees them: what may follow on what."""
