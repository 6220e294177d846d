"""The phones of the local cloud: a stand-in for AWS End User Messaging, the customers' phones, and a view of one."""
