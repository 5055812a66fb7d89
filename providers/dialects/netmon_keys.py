"""How tools spell the keys and states of their results, and the one spelling that the shipped family reads.

A key that is not known stays as it came: it may be a name.
"""

from __future__ import annotations

import re
from typing import Any

_KEYS = {
    "id": "id host_id nr no num monitor_id uid object_id check_id device_id host_nr nummer numero id_equipo"
    " id_hote object #",
    "address": "address addr host fqdn hostname host_name server node device machine instance dst target dest"
    " destination monitor adresse ziel direccion destino cible",
    "ms": "ms response_ms rtt avg avg_ms latency rtt_avg_ms latency_ms time_ms response_time mean duration_ms ping"
    " delay rtt_avg mean_ms average average_ms roundtrip rtt_ms elapsed_ms took_ms antwortzeit_ms mittel_ms"
    " dauer_ms latencia_ms media_ms tiempo_ms latence_ms moyenne_ms duree_ms",
    "loss": "loss loss_pct packet_loss loss_percent pkt_loss lost loss_rate dropped_pct verlust perdida perte",
    "state": "state status st condition health current_state situation zustand estado etat statut",
    "enabled": "enabled active is_enabled monitoring watching aktiv activo actif",
    "endpoint": "endpoint check check_type monitor_type protocol proto pruefart",
    "interval_s": "interval_s interval period_s frequency check_interval poll_interval interval_seconds intervall"
    " intervalo intervalle",
    "agent": "agent agent_location probe poller checked_from vantage standort sonda",
    "message_id": "message_id job_id task_id scan_id task job ref ticket handle request",
    "open_ports": "open_ports tcp_open ports_open offene_ports puertos_abiertos ports_ouverts",
    "port": "port tcp_port dport service_port puerto",
    "since": "since last_change state_since since_utc last_transition in_state_since seit desde depuis",
    "began": "began begin opened opened_at started started_at beginn inicio debut",
    "cause": "cause root_cause ursache causa",
    "days_left": "days_left days_remaining remaining_days expires_in_days cert_days valid_days tage_uebrig"
    " jours_restants",
    "retries": "retries retry max_retries",
}
#: Keys that are known, and spelled as they are.
_WORDS = (
    "name type kind value url service time city country load load_pct cpu sent received note comment description"
    " error reason detail summary message answer data record ttl hop ip site location region land registrar owner"
    " org expires issuer subject valid not_after not_before quantum_safe group outages uptime_pct availability"
    " checks paused mode label query reached distance last last_error preference priority version ended start end"
    " start_time end_time duration period created domain code title exchange router seq step"
)
_TWO_STATES = frozenset(
    "up alive online reachable is_up is_online healthy erreichbar conectado en_ligne".split()
)
_KNOWN = {word: word for word in _WORDS.split()} | {
    spelling: key for key, spellings in _KEYS.items() for spelling in spellings.split()
}
_STATES = {
    **dict.fromkeys("up ok online alive healthy green passing reachable".split(), "up"),
    **dict.fromkeys("down critical offline fail unhealthy red unreachable dead failing".split(), "down"),
    **{
        word: word
        for word in "open closed filtered paused maintenance resolved running finished failed pending".split()
    },
}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TRUE, _FALSE = frozenset(("true", "yes", "y", "on")), frozenset(("false", "no", "n", "off"))
#: What a `server` is where it is a host, not a program such as nginx or IIS/10.
_HOST = re.compile(r"[^/]*[0-9.:-][^/]*")


class Number(str):
    """A number as it was written, so that it is written again as it was: 1.0 stays 1.0."""

    __slots__ = ()


def is_known(spelling: str) -> bool:
    """Whether a key is one that results of this field have."""
    return _plain(spelling) in _KNOWN


def pair_of(spelling: str, value: Any) -> tuple[str, Any]:
    """The family's spelling of a key and of the value that stands behind it.

    Args:
        spelling: The key as the tool wrote it.
        value: A `Number`, a text, a truth value, None, or a list, which is not looked into.
    """
    plain = _plain(spelling)
    truth, listed = truth_of(value), type(value) is list
    if plain in _TWO_STATES:
        # A number counts how many are up.
        return (plain, value) if truth is None else ("state", "up" if truth else "down")
    key = _KNOWN.get(plain, spelling)
    match key:
        case "state" if isinstance(value, str):
            return key, _STATES.get(value.lower(), value)
        case "enabled":
            truth = {"1": True, "0": False}.get(value, truth) if isinstance(value, str) else truth
            return (plain, value) if truth is None else (key, "yes" if truth else "no")
        case "address" if plain == "server" and isinstance(value, str) and not _HOST.fullmatch(value):
            return plain, value
        case _:
            # What a list holds, its own key says best.
            return (plain if listed and key in _KEYS and key != "open_ports" else key), value


def truth_of(value: Any) -> bool | None:
    """What a truth value or its word says; None for all else."""
    if isinstance(value, bool):
        return value
    text = value.lower() if isinstance(value, str) else ""
    return True if text in _TRUE else False if text in _FALSE else None


def _plain(spelling: str) -> str:
    return _CAMEL.sub("_", spelling.strip(" ")).replace("-", "_").replace(" ", "_").lower()
