"""The family of models that this project ships."""

from __future__ import annotations

#: The dialect of its models.
OWN_DIALECT = "netmon"
#: What its files call it, as `smallwatch.dialect`: a file keeps what was written into it.
WRITTEN_DIALECT = "netmon_marks"
