"""Taking back what a run has created in the system, where the documents give a way; it changes neither verdict nor
evidence.

Everything comes out of the archive: what was created, and by the marked links of its answers the requests that take it
back, one for each thing. So it is the same whether it is done at the end of a run or later.
"""

from conformance.clearing.clear import clear, same_system
from conformance.clearing.record import CLEARED, Cleared, Outcome

__all__ = ["CLEARED", "Cleared", "Outcome", "clear", "same_system"]
