"""A stand-in for Amazon Textract's asynchronous operations, which reads the documents it is given."""
