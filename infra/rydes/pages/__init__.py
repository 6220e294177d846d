"""The pages of a local cloud, as a process of their own serves them: see `process` and `server`."""
