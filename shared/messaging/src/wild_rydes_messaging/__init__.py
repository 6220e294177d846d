"""What every Wild Rydes service does with messages: publish, consume, reply, back off and park."""
