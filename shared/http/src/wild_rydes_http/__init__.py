"""The HTTP conventions of the Wild Rydes APIs: JSON bodies, problem details, callers and links."""
