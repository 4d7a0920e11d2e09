"""Beyond the edition: live search with fresh values, a closer look at what failed, and playing a finding again.

What generates (Schemathesis, Hypothesis) is imported only where something is searched: see `search`.
"""

from __future__ import annotations
