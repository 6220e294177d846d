"""Publish, consume, reply and back off: what every Wild Rydes service does with messages."""
