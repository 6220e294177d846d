"""Check a deployment, on the local cloud or in an AWS account: its resources, and a journey through all services.

`resources` compares what there is with what the deployed stacks promise, `journey` takes a ride as a customer does,
`diagnosis` says at which hop something got stuck and why, and `guests` removes all that a run has made. It knows a
deployment by its stacks and parameters alone, so that all of this runs the same way on either.
"""
