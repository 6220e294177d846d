"""`rydes`: the local cloud, the simulated world around it, an operator's tools, and stories to watch."""
