"""Liberties: conforming ways to differ from the reference, to prove that the suite does not mind.

Here are those of what all services share; each service has its own beside it.
"""
