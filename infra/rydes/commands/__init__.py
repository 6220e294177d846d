"""What `rydes` can be told, by who tells it: its commands, their options and their help."""
