import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";

export const LANGUAGES = { en: "English", es: "Español" } as const;
export type Language = keyof typeof LANGUAGES;

const CHOICE = "wild-rydes.language";

function first(): Language {
  const wanted = [localStorage.getItem(CHOICE), ...navigator.languages];
  const known = wanted.map((tag) => tag?.slice(0, 2)).find((tag) => tag !== undefined && tag in LANGUAGES);
  return (known ?? "en") as Language;
}

export const language = signal<Language>(first());

effect(() => {
  document.documentElement.lang = language.value;
});

export function speak(chosen: Language): void {
  localStorage.setItem(CHOICE, chosen);
  language.value = chosen;
}

/** The texts of a page in the language of the moment. The compiler sees that no language lacks one. */
export function texts<T>(all: Record<Language, T>): ReadonlySignal<T> {
  return computed(() => all[language.value]);
}

export function money(amount: string, currency: string): string {
  return new Intl.NumberFormat(language.value, { style: "currency", currency }).format(Number(amount));
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(language.value, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

export function time(instant: string): string {
  return new Intl.DateTimeFormat(language.value, { timeStyle: "short" }).format(new Date(instant));
}

export function dateAndTime(instant: string): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(instant),
  );
}

function unit(value: number, name: string, width: "short" | "long"): string {
  return new Intl.NumberFormat(language.value, { style: "unit", unit: name, unitDisplay: width }).format(
    value,
  );
}

/** A length of time in words, and their number, by which other words may have to bend. */
export interface Span {
  readonly count: number;
  readonly text: string;
}

/** Seconds below a minute, then whole minutes. */
export function span(seconds: number, width: "short" | "long" = "short"): Span {
  const whole = Math.max(0, Math.ceil(seconds));
  const [count, name] = whole < 60 ? [whole, "second"] : [Math.round(whole / 60), "minute"];
  return { count, text: unit(count, name, width) };
}

export function duration(seconds: number, width: "short" | "long" = "short"): string {
  return span(seconds, width).text;
}

export function minutes(value: number, width: "short" | "long" = "short"): string {
  return unit(value, "minute", width);
}

/** A clock of what is left: 0:09, 4:59. */
export function countdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function kilometres(value: number): string {
  return new Intl.NumberFormat(language.value, {
    style: "unit",
    unit: "kilometer",
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value);
}
