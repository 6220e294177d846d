"""The phones of the local cloud: a stand-in for AWS End User Messaging, and the customers' phones."""
