"""Whether a resource is as its stack promises, by subject. A check yields what is wrong with one resource.

Errors of AWS that say that a resource is not there are for whoever calls a check.
"""
