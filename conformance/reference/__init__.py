"""The reference implementation: the services as the published documents describe them.

It reads the published documents and the synthetic data from paths that it is given, and imports nothing else of the
package, so that it and the suite cannot share a mistake. `python -m conformance.reference` starts it.
"""
