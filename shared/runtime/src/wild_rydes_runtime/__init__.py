"""What every Lambda function starts with: entry point, settings, AWS clients, clock and new ids."""
