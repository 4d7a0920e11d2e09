"""The registry's pages: server-rendered, in Japanese and English, readable without script.

A page is a row of a table (`rows.py`), as an endpoint of the API is. Whatever changes something is a form that calls
the very endpoint of the API (`acting.py`): no rule stands here a second time. A dashboard of the whole country would
be one more row.
"""
