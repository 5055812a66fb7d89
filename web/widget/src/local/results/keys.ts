// How tools spell the keys and states of their results, and the one spelling that the shipped family reads: the same as
// providers/dialects/netmon_keys.py. A key that is not known stays as it came: it may be a name.

import { type Json, Numeral } from "./json.ts";

/** The words of a text. */
export const wordsOf = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** What each word of some lists stands for, by that. */
const meanings = (lists: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(lists).flatMap(([meaning, words]) => words.split(" ").map((word): [string, string] => [word, meaning]));

const KEYS: Readonly<Record<string, string>> = {
  id:
    "id host_id nr no num monitor_id uid object_id check_id device_id host_nr nummer numero id_equipo id_hote " +
    "object #",
  address:
    "address addr host fqdn hostname host_name server node device machine instance dst target dest " +
    "destination monitor adresse ziel direccion destino cible",
  ms:
    "ms response_ms rtt avg avg_ms latency rtt_avg_ms latency_ms time_ms response_time mean duration_ms ping " +
    "delay rtt_avg mean_ms average average_ms roundtrip rtt_ms elapsed_ms took_ms antwortzeit_ms mittel_ms " +
    "dauer_ms latencia_ms media_ms tiempo_ms latence_ms moyenne_ms duree_ms",
  loss: "loss loss_pct packet_loss loss_percent pkt_loss lost loss_rate dropped_pct verlust perdida perte",
  state: "state status st condition health current_state situation zustand estado etat statut",
  enabled: "enabled active is_enabled monitoring watching aktiv activo actif",
  endpoint: "endpoint check check_type monitor_type protocol proto pruefart",
  interval_s:
    "interval_s interval period_s frequency check_interval poll_interval interval_seconds intervall intervalo " +
    "intervalle",
  agent: "agent agent_location probe poller checked_from vantage standort sonda",
  message_id: "message_id job_id task_id scan_id task job ref ticket handle request",
  open_ports: "open_ports tcp_open ports_open offene_ports puertos_abiertos ports_ouverts",
  port: "port tcp_port dport service_port puerto",
  since: "since last_change state_since since_utc last_transition in_state_since seit desde depuis",
  began: "began begin opened opened_at started started_at beginn inicio debut",
  cause: "cause root_cause ursache causa",
  days_left: "days_left days_remaining remaining_days expires_in_days cert_days valid_days tage_uebrig jours_restants",
  retries: "retries retry max_retries",
};
/** Keys that are known, and spelled as they are. */
const WORDS =
  "name type kind value url service time city country load load_pct cpu sent received note comment description " +
  "error reason detail summary message answer data record ttl hop ip site location region land registrar owner " +
  "org expires issuer subject valid not_after not_before quantum_safe group outages uptime_pct availability " +
  "checks paused mode label query reached distance last last_error preference priority version ended start end " +
  "start_time end_time duration period created domain code title exchange router seq step";
const TWO_STATES = wordsOf("up alive online reachable is_up is_online healthy erreichbar conectado en_ligne");
const KNOWN = new Map([...meanings(KEYS), ...Array.from(wordsOf(WORDS), (word): [string, string] => [word, word])]);
const STATES = new Map([
  ...meanings({ up: "up ok online alive healthy green passing reachable", down: "down critical offline fail unhealthy red unreachable dead failing" }),
  ...Array.from(wordsOf("open closed filtered paused maintenance resolved running finished failed pending"), (word): [string, string] => [word, word]),
]);
const TRUE = wordsOf("true yes y on");
const FALSE = wordsOf("false no n off");
/** What a `server` is where it is a host, not a program such as nginx or IIS/10. */
const HOST = /^[^/]*[0-9.:-][^/]*$/;

/** Whether a key is one that results of this field have. */
export const isKnown = (spelling: string): boolean => KNOWN.has(plain(spelling));

/** The family's spelling of a key and of the value that stands behind it. */
export function pairOf(spelling: string, value: Json): [string, Json] {
  const simple = plain(spelling);
  const truth = truthOf(value);
  // A number counts how many are up.
  if (TWO_STATES.has(simple)) return truth === undefined ? [simple, value] : ["state", truth ? "up" : "down"];
  const key = KNOWN.get(simple) ?? spelling;
  const text = value instanceof Numeral ? value.text : typeof value === "string" ? value : undefined;
  if (key === "state" && text !== undefined) return [key, STATES.get(text.toLowerCase()) ?? value];
  if (key === "enabled") {
    const said = text === "1" ? true : text === "0" ? false : truth;
    return said === undefined ? [simple, value] : [key, said ? "yes" : "no"];
  }
  if (key === "address" && simple === "server" && text !== undefined && !HOST.test(text)) return [simple, value];
  return [Array.isArray(value) && Object.hasOwn(KEYS, key) && key !== "open_ports" ? simple : key, value];
}

/** What a truth value or its word says; undefined for all else. */
export function truthOf(value: Json | undefined): boolean | undefined {
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.toLowerCase() : "";
  return TRUE.has(word) ? true : FALSE.has(word) ? false : undefined;
}

function plain(spelling: string): string {
  return spelling.replace(/^ +| +$/g, "").replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").replace(/[- ]/g, "_").toLowerCase();
}
