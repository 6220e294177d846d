"""Stories to watch on the local cloud, step by step."""
