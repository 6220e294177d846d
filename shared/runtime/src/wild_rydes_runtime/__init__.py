"""What every Lambda function begins with: its entry point, its environment, its clients and new ids."""
