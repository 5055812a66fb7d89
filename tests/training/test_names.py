"""Names are drawn from wide spaces, pass the tools' own checks, and are no words of English."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.arguments import validate
from tools.catalogue import default_registry
from training import places, values, words
from training.hosts import service
from training.listing import sibling
from training.vocabulary import Vocabulary

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def english() -> set[str]:
    """The words that the vocabulary knows, which are those that people use most in requests."""
    tokens = [token.decode("utf-8", "replace") for token in Vocabulary.load().tokens]
    found = {token[:-1].lower() for token in tokens if token.endswith(" ") and token[:-1].isalpha()}
    return (
        found
        | set(words.DOMAIN_WORDS)
        | set(places.WORDLY_CODES)
        | {"now", "here", "home", "there", "all", "each"}
    )


def test_no_agent_and_no_id_is_an_english_word() -> None:
    rng, known = Random(1), english()
    drawn = [values.agent(rng) for _ in range(20_000)] + [values.message_id(rng) for _ in range(20_000)]
    assert not {name for name in drawn if name.lower() in known}
    assert all(any(c.isdigit() for c in name) for name in drawn[20_000:])


@pytest.mark.parametrize(
    ("draw", "share"),
    [
        (values.agent, 0.6),
        (values.message_id, 0.9),
        (values.email, 0.97),
        (values.fqdn, 0.97),
        (values.host, 0.9),
    ],
)
def test_names_cannot_be_learnt_by_heart(draw, share: float) -> None:
    rng = Random(2)
    assert len({draw(rng) for _ in range(10_000)}) > share * 10_000


def test_agents_are_of_every_kind() -> None:
    rng = Random(3)
    drawn = {values.agent(rng) for _ in range(60_000)}
    assert {"FRA", "NRT", "Tromsø", "Genève", "Zürich", "Kraków", "São Paulo"} <= drawn
    for end in ("-lab", "-edge", "_a", "01"):
        assert any(name.endswith(end) for name in drawn), end
    assert any(name.startswith("NO-") for name in drawn)
    assert len(places.CITIES) > 500


@given(st.integers(0, 10**9))
def test_the_tools_take_what_is_drawn(seed: int) -> None:
    rng, registry = Random(seed), default_registry()
    host = values.host(rng)
    validate(registry.get("ping_host"), {"target": host, "agent_location": values.agent(rng)})
    validate(registry.get("dns_lookup"), {"name": service(rng)})
    validate(registry.get("check_http"), {"url": values.url(rng)})
    validate(registry.get("cancel_function"), {"message_id": values.message_id(rng)})
    validate(registry.get("add_host"), {"address": host, "endpoint": "icmp", "email": values.email(rng)})
    other = sibling(host, rng)
    if other:
        assert other != host
        validate(registry.get("ping_host"), {"target": other})


@given(
    st.integers(0, 10**9),
    st.sampled_from([("web-blue", "web-green"), ("db-a", "db-"), ("fw-east.lan", ".lan")]),
)
def test_siblings_differ_in_a_word(seed: int, pair: tuple[str, str]) -> None:
    other = sibling(pair[0], Random(seed))
    assert other is not None
    assert pair[1] in other
    assert other != pair[0]


@given(
    st.lists(st.sampled_from(["Oslo", "New York", "fra1", "São Paulo"]), min_size=2, max_size=4),
    st.integers(0, 999),
)
def test_listed_names_come_apart_again(items: list[str], seed: int) -> None:
    text = values.listed(Random(seed), items)
    if any(" " in item for item in items[:-1]) and len(items) > 2:
        assert "," in text
