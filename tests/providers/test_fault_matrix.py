"""Every fault of every provider ends in a typed error or a whole reply, in time; the page in docs/ says how."""

from __future__ import annotations

from tests.providers.fault_matrix import DEADLINE_S, HOSTED, PAGE, all_rows, page

#: Seconds that processes may take to start and to be ended, beside other tests.
_PROCESSES_S = 30.0


async def test_every_fault_ends_as_the_page_says() -> None:
    rows = await all_rows()
    assert [row.wrong for row in rows if row.wrong] == []
    local = {"testllm": _PROCESSES_S}
    late = [row for row in rows if row.outcome.seconds > DEADLINE_S + local.get(row.provider, 0.5)]
    assert late == []
    assert {row.provider for row in rows} == {"turbollm", "hugllm", "testllm", "scripted"}
    assert len(rows) > 2 * len(HOSTED)
    again = "write it anew: python -m tests.providers.fault_matrix --write"
    assert PAGE.read_text("utf-8") == page(rows), again
