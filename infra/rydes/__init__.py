"""`rydes`: the local cloud, what is simulated around it, what an operator looks at, and scenarios to watch."""
