"""The suite on real servers that nobody here wrote: `python -m benchmarks.foreign`.

Each is installed in a folder of its own, started on the loopback interface and tried with its own OpenAPI document.
What the suite says of it has been looked at by hand: a finding is a sentence that the server really breaks, or a
mistake of the suite. The judgements stand in `judgements.toml`; a finding without one is told as not looked at.
"""
