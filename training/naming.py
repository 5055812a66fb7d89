"""How other people's tools spell keys and values: once drawn, alike throughout a result."""

from __future__ import annotations

from random import Random
from typing import Any

#: Spellings of a key, the tools' own first. Style (camelCase, CAPITALS) comes on top.
KEYS: dict[str, tuple[str, ...]] = {
    "id": ("id", "id", "id", "host_id", "ID", "nr", "monitor_id", "uid", "object_id", "check_id", "num", "no", "ref", "device_id", "#"),
    "host_id": ("host_id", "id", "host_id", "monitor_id", "host", "device_id", "object", "nr", "check_id"),
    "address": ("address", "addr", "host", "name", "fqdn", "target", "hostname", "node", "device", "host_name", "server", "monitor", "instance", "url", "label", "dst"),
    "target": ("target", "host", "address", "dest", "destination", "hostname", "endpoint", "addr", "subject", "query"),
    "endpoint": ("endpoint", "type", "check", "check_type", "kind", "probe", "protocol", "method", "service", "monitor_type", "proto", "via"),
    "enabled": ("enabled", "active", "is_enabled", "monitoring", "on", "enabled", "running", "watching"),
    "interval_s": ("interval_s", "interval", "every", "period_s", "frequency", "check_interval", "poll_interval", "seconds", "interval_seconds", "cycle"),
    "port": ("port", "tcp_port", "dport", "port", "p", "service_port"),
    "note": ("note", "comment", "description", "remark", "tag", "label", "info", "memo", "notes"),
    "retries": ("retries", "retry", "max_retries", "attempts"),
    "agent_location": ("agent_location", "agent", "location", "from", "site", "probe", "region", "poller", "checked_from"),
    "agent": ("agent", "location", "from", "probe", "name", "site", "region", "pop", "source", "vantage"),
    "name": ("name", "agent", "location", "id", "probe", "code", "hostname", "slug", "node", "site"),
    "status": ("status", "state", "status", "health", "result", "condition", "current_state", "situation", "st"),
    "response_ms": ("response_ms", "rtt", "avg", "avg_ms", "latency", "rtt_avg_ms", "latency_ms", "time", "time_ms", "response_time", "ms", "mean", "duration_ms", "ping", "delay"),
    "avg_ms": ("avg_ms", "rtt", "avg", "rtt_avg", "latency", "rtt_avg_ms", "mean_ms", "latency_ms", "average", "time_ms", "roundtrip"),
    "time_ms": ("time_ms", "time", "elapsed", "duration_ms", "latency", "took_ms", "response_time", "total_time", "ttfb_ms"),
    "ms": ("ms", "time", "rtt", "latency", "time_ms", "rtt_ms", "delay", "avg"),
    "loss_pct": ("loss_pct", "loss", "packet_loss", "loss_percent", "pkt_loss", "lost", "loss_rate", "dropped_pct"),
    "sent": ("sent", "tx", "transmitted", "packets_sent", "count", "packets"),
    "received": ("received", "rx", "recv", "packets_received", "replies", "answered"),
    "alert_flag": ("alert_flag", "alert", "alarm", "alerting", "has_alert", "in_alarm"),
    "days_left": ("days_left", "days", "expires_in_days", "days_remaining", "cert_days", "remaining_days", "valid_days", "ttl_days"),
    "since": ("since", "last_change", "changed", "state_since", "from", "since_utc", "last_transition", "in_state_since"),
    "began": ("began", "start", "started", "since", "opened", "start_time", "from", "begin", "opened_at", "started_at", "first_seen"),
    "state": ("state", "status", "state", "condition", "phase", "result"),
    "cause": ("cause", "reason", "error", "message", "why", "description", "summary", "detail", "root_cause", "last_error"),
    "error": ("error", "reason", "last_error", "err", "message", "detail", "failure", "problem", "cause"),
    "reason": ("reason", "detail", "why", "error", "info", "message"),
    "city": ("city", "location", "town", "place", "metro", "where"),
    "country": ("country", "cc", "country_code", "land", "geo", "nation", "iso"),
    "load_pct": ("load_pct", "load", "cpu", "utilization", "busy", "usage", "load_percent", "utilisation"),
    "online": ("online", "up", "alive", "connected", "reachable", "available", "is_online"),
    "checks": ("checks", "jobs", "active_checks", "assigned", "monitors", "tasks"),
    "url": ("url", "address", "target", "uri", "requested", "site", "request_url"),
    "location": ("location", "redirect", "redirect_to", "redirected_to", "redirect_url", "final_url", "moved_to", "target_url", "to"),
    "host": ("host", "exchange", "server", "name", "target", "mx", "mail_server", "hostname", "domain", "common_name"),
    "preference": ("preference", "priority", "pref", "prio", "weight_order", "rank", "order"),
    "value": ("value", "data", "answer", "rdata", "content", "record", "address", "target"),
    "type": ("type", "rtype", "record_type", "rr", "kind", "qtype"),
    "ttl": ("ttl", "TTL", "expires_s"),
    "valid": ("valid", "ok", "trusted", "is_valid", "verified", "good"),
    "not_after": ("not_after", "expires", "valid_until", "expiry", "valid_to", "expiration", "end_date", "expires_on", "until"),
    "issuer": ("issuer", "ca", "issued_by", "authority", "signed_by"),
    "hop": ("hop", "ttl", "n", "nr", "index", "no", "step", "seq"),
    "ip": ("ip", "address", "router", "host", "addr", "node", "gateway", "via", "ip_address"),
    "hop_count": ("hop_count", "hops_total", "hops_count", "length", "distance", "n_hops", "total_hops"),
    "reached": ("reached", "complete", "destination_reached", "success", "arrived", "completed"),
    "last": ("last", "last_hop", "ends_at", "last_responding", "stopped_at", "stops_at"),
    "open_ports": ("open_ports", "ports", "open", "tcp_open", "listening", "ports_open", "services"),
    "hosts_up": ("hosts_up", "up", "alive", "responding", "live_hosts", "online", "found"),
    "service": ("service", "name", "app", "proto", "banner", "what"),
    "message_id": ("message_id", "job_id", "id", "task", "job", "scan_id", "ticket", "handle", "request", "task_id", "ref", "uuid"),
    "registrar": ("registrar", "registered_at", "provider", "registrar_name", "sponsor"),
    "owner": ("owner", "registrant", "holder", "organization", "org", "registrant_org"),
    "expires": ("expires", "expiry_date", "expires_at", "paid_until", "registry_expiry", "valid_until", "expiration_date"),
    "uptime_pct": ("uptime_pct", "uptime", "availability", "sla", "up_percent", "availability_pct"),
    "outages": ("outages", "incidents", "downtimes", "failures", "outage_count", "interruptions"),
    "quantum_safe": ("quantum_safe", "pqc", "safe", "post_quantum", "is_safe", "quantum_resistant"),
    "group": ("group", "kex", "key_exchange", "negotiated", "named_group", "kem"),
}  # fmt: skip

#: The same in other languages.
FOREIGN: tuple[dict[str, str], ...] = (
    {"id": "nummer", "host_id": "host_nr", "address": "adresse", "target": "ziel", "endpoint": "pruefart", "enabled": "aktiv", "interval_s": "intervall", "note": "notiz", "status": "zustand", "response_ms": "antwortzeit_ms",
     "avg_ms": "mittel_ms", "time_ms": "dauer_ms", "loss_pct": "verlust", "sent": "gesendet", "received": "empfangen", "since": "seit", "began": "beginn", "cause": "ursache", "error": "fehler", "reason": "grund", "city": "stadt",
     "country": "land", "load_pct": "auslastung", "online": "erreichbar", "agent": "standort", "agent_location": "standort", "name": "name", "days_left": "tage_uebrig", "valid": "gueltig", "not_after": "gueltig_bis", "issuer": "aussteller",
     "preference": "rang", "hop": "sprung", "reached": "erreicht", "open_ports": "offene_ports", "hosts_up": "erreichbare", "owner": "inhaber", "expires": "laeuft_ab", "state": "stand", "alert_flag": "alarm", "outages": "ausfaelle"},
    {"id": "numero", "host_id": "id_equipo", "address": "direccion", "target": "destino", "endpoint": "tipo", "enabled": "activo", "interval_s": "intervalo", "note": "nota", "status": "estado", "response_ms": "latencia_ms", "avg_ms": "media_ms",
     "time_ms": "tiempo_ms", "loss_pct": "perdida", "sent": "enviados", "received": "recibidos", "since": "desde", "began": "inicio", "cause": "causa", "error": "fallo", "reason": "motivo", "city": "ciudad", "country": "pais", "load_pct": "carga",
     "online": "conectado", "agent": "sonda", "agent_location": "sonda", "name": "nombre", "days_left": "dias", "valid": "valido", "not_after": "vence", "issuer": "emisor", "preference": "prioridad", "hop": "salto", "reached": "alcanzado",
     "open_ports": "puertos_abiertos", "hosts_up": "activos", "port": "puerto", "owner": "titular", "expires": "caduca", "state": "situacion", "alert_flag": "alerta", "outages": "cortes"},
    {"id": "numero", "host_id": "id_hote", "address": "adresse", "target": "cible", "endpoint": "sonde", "enabled": "actif", "interval_s": "intervalle", "note": "remarque", "status": "etat", "response_ms": "latence_ms", "avg_ms": "moyenne_ms",
     "time_ms": "duree_ms", "loss_pct": "perte", "sent": "envoyes", "received": "recus", "since": "depuis", "began": "debut", "cause": "cause", "error": "erreur", "reason": "motif", "city": "ville", "country": "pays", "load_pct": "charge",
     "online": "en_ligne", "agent": "site", "agent_location": "site", "name": "nom", "days_left": "jours_restants", "valid": "valide", "not_after": "expire_le", "issuer": "emetteur", "preference": "priorite", "hop": "saut", "reached": "atteint",
     "open_ports": "ports_ouverts", "hosts_up": "actifs", "owner": "titulaire", "expires": "expire", "state": "statut", "alert_flag": "alerte", "outages": "pannes"},
)  # fmt: skip

_STATUS: tuple[dict[str, Any], ...] = (
    {"up": "up", "down": "down", "paused": "paused", "maintenance": "maintenance"},
    {"up": "UP", "down": "DOWN", "paused": "PAUSED", "maintenance": "MAINTENANCE"},
    {"up": "ok", "down": "critical", "paused": "disabled", "maintenance": "in maintenance"},
    {"up": "online", "down": "offline", "paused": "paused", "maintenance": "maintenance"},
    {"up": "OK", "down": "FAIL", "paused": "SUSPENDED", "maintenance": "MAINT"},
    {"up": "healthy", "down": "unhealthy", "paused": "suspended", "maintenance": "silenced"},
    {"up": "green", "down": "red", "paused": "grey (paused)", "maintenance": "blue (maintenance)"},
    {"up": "reachable", "down": "unreachable", "paused": "not monitored", "maintenance": "maintenance window"},
    {"up": "alive", "down": "dead", "paused": "paused", "maintenance": "maintenance"},
    {"up": "passing", "down": "failing", "paused": "paused", "maintenance": "maintenance"},
)  # fmt: skip
_TWO_STATES = ("up", "alive", "online", "reachable", "ok", "is_up", "healthy")
_UNITS = {"interval_s": "s", "response_ms": "ms", "avg_ms": "ms", "time_ms": "ms", "ms": "ms", "loss_pct": "%", "load_pct": "%", "uptime_pct": "%", "days_left": "d"}  # fmt: skip
_YES_NO: tuple[tuple[Any, Any], ...] = (("yes", "no"), ("true", "false"), (1, 0), ("Y", "N"), ("on", "off"))


class Naming:
    """The habits of one tool: how it spells keys and values."""

    def __init__(self, rng: Random) -> None:
        """Draws the habits."""
        draw = rng.random()
        self._rng = rng
        self._style = "snake" if draw < 0.6 else "camel" if draw < 0.85 else "kebab" if draw < 0.9 else "pascal" if draw < 0.95 else "upper"  # fmt: skip
        self._foreign = rng.choice(FOREIGN) if rng.random() < 0.07 else None
        self._plain = rng.random() < 0.3
        self._keys: dict[str, str] = {}
        self._units = rng.choice((None, None, None, "", " "))
        self._numbers_as_text = rng.random() < 0.12
        self._booleans = rng.choice(_YES_NO) if rng.random() < 0.15 else None
        self._status = _STATUS[0] if rng.random() < 0.35 else rng.choice(_STATUS)
        self._inverted = rng.random() < 0.15
        self._moments = rng.random()

    def key(self, name: str) -> str:
        """The tool's word for a key; no two keys of a result share one."""
        found = self._keys.get(name)
        if found is None:
            if self._foreign is not None and name in self._foreign:
                found = self._foreign[name]
            elif name in KEYS and not self._plain:
                found = self._rng.choice(KEYS[name])
            else:
                found = name
            found = self._styled(found)
            if found in self._keys.values():
                found = self._styled(name)
                while found in self._keys.values():
                    found += "_"
            self._keys[name] = found
        return found

    def _styled(self, key: str) -> str:
        match self._style:
            case "snake":
                return key
            case "camel":
                head, *rest = key.split("_")
                return head + "".join(part[:1].upper() + part[1:] for part in rest)
            case "pascal":
                return "".join(part[:1].upper() + part[1:] for part in key.split("_"))
            case "kebab":
                return key.replace("_", "-")
            case _:
                return key.upper()

    def row(self, entry: dict[str, Any]) -> dict[str, Any]:
        """A row, spelled."""
        return {self.key(name): self.value(name, value) for name, value in entry.items()}

    def value(self, name: str, value: Any) -> Any:
        """The tool's spelling of a value."""
        if value is True or value is False:
            if self._booleans is not None:
                return self._booleans[0 if value else 1]
            return value
        if name == "status" and isinstance(value, str):
            return self._status.get(value, value)
        if isinstance(value, int | float) and name in _UNITS:
            plain = f"{value:g}" if isinstance(value, float) else str(value)
            if self._units is not None:
                unit = _UNITS[name]
                return plain + (self._units if unit not in "%d" or self._units else "") + unit
            return plain if self._numbers_as_text else value
        if self._numbers_as_text and isinstance(value, int):
            return str(value)
        if self._moments < 0.35 and name in ("since", "began") and isinstance(value, str):
            text = value.replace("T", " ").removesuffix("Z")
            return text if self._moments < 0.15 else text[:-3] if self._moments < 0.25 else text[:-3] + " UTC"
        return value

    def states(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows whose states are told in this tool's way: one word, a boolean, `paused` for not `enabled`."""
        first = entries[0]
        rng = self._rng
        if "status" in first and self._inverted and all(e["status"] in ("up", "down") for e in entries):
            word = rng.choice(_TWO_STATES)
            return [{(word if k == "status" else k): (v == "up" if k == "status" else v) for k, v in e.items()} for e in entries]  # fmt: skip
        if "enabled" in first and "status" not in first and rng.random() < 0.4:
            if rng.random() < 0.5:
                return [{("paused" if k == "enabled" else k): (not v if k == "enabled" else v) for k, v in e.items()} for e in entries]  # fmt: skip
            on, off = rng.choice((("active", "paused"), ("enabled", "disabled"), ("running", "paused"), ("active", "inactive"), ("on", "off"), ("ON", "OFF"), ("ACTIVE", "PAUSED")))  # fmt: skip
            word = rng.choice(("status", "state", "mode", "monitoring"))
            return [{(word if k == "enabled" else k): ((on if v else off) if k == "enabled" else v) for k, v in e.items()} for e in entries]  # fmt: skip
        return entries
