"""What is made from the contract classes, for people and for other programs: decision 72."""
