"""Start, deploy to, find and stop a local cloud."""
