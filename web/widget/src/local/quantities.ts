// Amounts and points in time as the shipped family writes them: the same spelling and arithmetic as
// providers/dialects/quantities.py, held together by vectors.json. Instants are milliseconds since 1970, UTC.

import { SPACE, stripped } from "./space.ts";

export type Unit = "ms" | "s" | "m";
export type Toward = "future" | "past";

/** Milliseconds in each unit of an amount. */
const SIZES: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const DAY = 86_400_000;
/** The years 1 to 9999. */
const [FIRST, LAST] = [-62_135_596_800_000, 253_402_300_800_000];
const AMOUNT = new RegExp(`^(\\d{1,9}(?:\\.\\d{1,6})?)[${SPACE}]*(ms|s|m|h|d|w)?$`, "u");
const COMPOUND = new RegExp(`^(\\d{1,9})([mhdw])[${SPACE}]*(\\d{1,9})(s|m|h|d)$`, "u");
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** Fixed offsets of the zones that people write after a time, in minutes. */
export const ZONES: Readonly<Record<string, number>> = {
  UTC: 0, GMT: 0, Z: 0, WET: 0, BST: 60, CET: 60, WEST: 60, CEST: 120, EET: 120, EEST: 180, MSK: 180, IST: 330,
  SGT: 480, HKT: 480, JST: 540, KST: 540, AEST: 600, AEDT: 660, NZST: 720, NZDT: 780, EST: -300, EDT: -240,
  CST: -360, CDT: -300, MST: -420, MDT: -360, PST: -480, PDT: -420, BRT: -180,
};

const POINT = new RegExp(
  "^(?<day>today|tonight|tomorrow|yesterday|week|month|year" +
    "|(?:last )?(?:mon|tue|wed|thu|fri|sat|sun)|\\+\\d{1,3}d|\\d{4}-\\d{2}-\\d{2}|\\d{2}-\\d{2}" +
    "|\\d{1,2}\\.\\d{1,2}\\.(?:\\d{4})?)?" +
    "(?:(?:^| )(?<clock>\\d{1,2}:\\d{2}(?::\\d{2})?))?" +
    "(?:(?:^| ?)(?<zone>[A-Z]{1,4}|[+-]\\d{2}:\\d{2}))?$",
);
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Rounds halves to the even neighbour, as Python does. */
function rounded(value: number): number {
  const floor = Math.floor(value);
  const half = value - floor;
  if (half !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** An amount such as "1.5h" or "1h30m" in whole units; null if it is none. */
export function resolveAmount(text: string, unit: Unit): number | null {
  const said = stripped(text).toLowerCase();
  const match = AMOUNT.exec(said);
  if (match) return rounded((Number(match[1]) * SIZES[match[2] ?? unit]!) / SIZES[unit]!);
  const parts = COMPOUND.exec(said);
  if (!parts || SIZES[parts[4]!]! >= SIZES[parts[2]!]!) return null;
  return rounded((Number(parts[1]) * SIZES[parts[2]!]! + Number(parts[3]) * SIZES[parts[4]!]!) / SIZES[unit]!);
}

/** The amount that people would say: 300 s is "5m". */
export function spellAmount(value: number, unit: Unit): string {
  const ms = value * SIZES[unit]!;
  for (const name of ["w", "d", "h", "m", "s"]) {
    const size = SIZES[name]!;
    if (ms >= size && ms % size === 0 && (unit === "m" || (name !== "w" && name !== "d"))) return `${ms / size}${name}`;
  }
  return `${ms}ms`;
}

/** The instant that a point in time names, as seen from `now`; null where the text is none. */
export function resolvePoint(text: string, now: number, toward: Toward): number | null {
  const found = point(stripped(text), now, toward);
  return found !== null && inCalendar(found) ? found : null;
}

function inCalendar(moment: number): boolean {
  return moment >= FIRST && moment < LAST;
}

function point(text: string, now: number, toward: Toward): number | null {
  if (text === "now") return now;
  const length = /^[+-]/.test(text) ? AMOUNT.exec(text.slice(1)) : null;
  if (length?.[2]) {
    // To the microsecond first, so that what is a whole second stays one.
    const ms = Math.round(Number(length[1]) * SIZES[length[2]]! * 1000) / 1000;
    return text.startsWith("+") ? now + ms : now - ms;
  }
  const groups = POINT.exec(text)?.groups;
  if (!groups || !(groups["day"] || groups["clock"])) return iso8601(text);
  const offset = zone(groups["zone"]);
  const clock = groups["clock"] ? timeOfDay(groups["clock"]) : 0;
  if (offset === null || clock === null) return null;
  const shift = offset * 60_000;
  const found = resolve(groups["day"] ?? "", clock, !!groups["clock"], now + shift, toward);
  return found === null ? null : found - shift;
}

function zone(text: string | undefined): number | null {
  if (!text) return 0;
  if (!/^[+-]/.test(text)) return ZONES[text] ?? null;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4, 6));
  return minutes < 1440 ? (text.startsWith("+") ? minutes : -minutes) : null;
}

/** Milliseconds from midnight; null for what no clock shows, but for 24:00. */
function timeOfDay(text: string): number | null {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(":").map(Number);
  if (hours === 24 && !minutes && !seconds) return DAY;
  return hours < 24 && minutes < 60 && seconds < 60 ? ((hours * 60 + minutes) * 60 + seconds) * 1000 : null;
}

function iso8601(text: string): number | null {
  const match = ISO.exec(text);
  if (!match) return null;
  const date = midnightOf(Number(match[1]), Number(match[2]), Number(match[3]));
  const clock = match[4] ? timeOfDay(`${match[4]}:${match[5]}:${match[6] ?? "00"}`) : 0;
  if (date === null || clock === null || clock === DAY) return null;
  const offset = match[8] && match[8] !== "Z" ? zone(`${match[8].slice(0, 3)}:${match[8].slice(-2)}`) : 0;
  return offset === null ? null : date + clock + Math.floor(Number((match[7] ?? "").padEnd(6, "0")) / 1000) - offset * 60_000;
}

function midnightOf(year: number, month: number, day: number): number | null {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return year >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : null;
}

const startOfDay = (moment: number): number => Math.floor(moment / DAY) * DAY;
const weekdayOf = (moment: number): number => (new Date(moment).getUTCDay() + 6) % 7;

/** Finds the moment on the clock of a zone: `now`, and what is returned, read as if that zone were UTC. */
function resolve(day: string, clock: number, hasClock: boolean, now: number, toward: Toward): number | null {
  const midnight = startOfDay(now);
  if (!day) {
    const moment = midnight + clock;
    if (toward === "future") return moment >= now ? moment : moment + DAY;
    return moment <= now ? moment : moment - DAY;
  }
  if (WEEKDAYS.includes(day.slice(-3))) return weekday(day, clock, now, toward);
  if (/^\d/.test(day)) return dated(day, clock, now, toward, !hasClock);
  const hour = new Date(now).getUTCHours();
  // "tonight at 2" is said before midnight and means the small hours that follow.
  const smallHours = hasClock && clock < DAY / 2 && hour >= 6;
  return named(day, midnight, smallHours) + clock;
}

function named(day: string, midnight: number, smallHours: boolean): number {
  const date = new Date(midnight);
  switch (day) {
    case "today":
      return midnight;
    case "tonight":
      return smallHours ? midnight + DAY : midnight;
    case "tomorrow":
      return midnight + DAY;
    case "yesterday":
      return midnight - DAY;
    case "week":
      return midnight - weekdayOf(midnight) * DAY;
    case "month":
      return midnight - (date.getUTCDate() - 1) * DAY;
    case "year":
      return Date.UTC(date.getUTCFullYear(), 0, 1);
    default:
      return midnight + Number(day.slice(1, -1)) * DAY;
  }
}

function weekday(day: string, clock: number, now: number, toward: Toward): number {
  const midnight = startOfDay(now);
  const last = day.startsWith("last");
  const ahead = (WEEKDAYS.indexOf(day.slice(-3)) - weekdayOf(now) + 7) % 7;
  if (toward === "future" && !last) {
    const moment = midnight + ahead * DAY + clock;
    return moment > now ? moment : moment + 7 * DAY;
  }
  const back = (7 - ahead) % 7;
  const moment = midnight - back * DAY + clock;
  // "last sunday", said on a sunday, is a week ago.
  return moment <= now && (back > 0 || !last) ? moment : moment - 7 * DAY;
}

function dated(said: string, clock: number, now: number, toward: Toward, wholeDay: boolean): number | null {
  let day = said;
  if (said.includes(".")) {
    const [number = "", month = "", year = ""] = said.split(".");
    day = `${year && `${year}-`}${month.padStart(2, "0")}-${number.padStart(2, "0")}`;
  }
  if (day.length === 10) {
    const date = midnightOf(Number(day.slice(0, 4)), Number(day.slice(5, 7)), Number(day.slice(8)));
    return date === null ? null : date + clock;
  }
  const [month, number] = [Number(day.slice(0, 2)), Number(day.slice(3))];
  const thisYear = new Date(now).getUTCFullYear();
  for (let years = 0; years < 9; years++) {
    const date = midnightOf(toward === "future" ? thisYear + years : thisYear - years, month, number);
    if (date === null) {
      if (month === 2 && number === 29) continue;
      return null;
    }
    // A day of today's date without a time is still ahead until it is over.
    const moment = date + clock;
    if (toward === "future" ? moment + (wholeDay ? DAY : 0) > now : moment <= now) return moment;
  }
  return null;
}

/** An instant as the tools take it: 2026-11-23T02:00:00Z. */
export function iso(moment: number): string {
  return `${new Date(Math.floor(moment / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}
