"""Planted faults: the reference with one behaviour changed, to prove that the suite notices, and what it notices.

Each is a function registered under a name with the requirements that it breaks; its docstring says what is different.
Here are those of what all services share; each service has its own beside it.
"""
