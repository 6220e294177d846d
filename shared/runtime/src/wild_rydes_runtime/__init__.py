"""What every Lambda function starts with: its entry point, its settings, its clients, the clock and new ids."""
