"""The proof that the suite can fail: it is run on the reference with one planted fault at a time.

A fault is caught when every requirement that it names fails, and it is caught precisely when no other one does. A
liberty, the opposite of a fault, changes nothing in any verdict.
"""
