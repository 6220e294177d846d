import { useSignal } from "@preact/signals";
import { ApiError } from "@wild-rydes/web/api";
import { useEffect, useRef } from "preact/hooks";
import { amount } from "../fare";
import { explain } from "../problem";
import { words } from "../texts";
import type { Unicorn } from "../unicorn";

interface Props {
  readonly unicorn: Unicorn;
  /** A name for whoever has none yet. */
  readonly suggestion: string;
  /** Ends a change; a newcomer cannot go back. */
  readonly close?: () => void;
}

type Errors = Readonly<Record<string, string>>;

const CURRENCY = "USD";
const RATES = { base: "3.50", "per-km": "1.20", minimum: "8.00" } as const;
type Rate = keyof typeof RATES;

/** Who the unicorn is, and what it charges. */
export function ProfileForm({ unicorn, suggestion, close }: Props) {
  const t = words.value.register;
  const before = unicorn.profile.value;
  const busy = useSignal(false);
  const errors = useSignal<Errors>({});
  const problem = useSignal("");
  const heading = useRef<HTMLHeadingElement>(null);
  const labels: Record<Rate, string> = { base: t.base, "per-km": t.perKm, minimum: t.minimum };

  useEffect(() => heading.current?.focus(), []);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const given = new FormData(form);
    const text = (name: string) => String(given.get(name) ?? "").trim();
    const found: Record<string, string> = {};
    const fare = (name: Rate) => {
      const value = amount(text(name));
      if (value === null) found[name] = t.amount;
      return { amount: value ?? "", currency: CURRENCY };
    };
    const rates = { base: fare("base"), "per-km": fare("per-km"), minimum: fare("minimum") };
    const longest = text("max-km") === "" ? null : Number(text("max-km").replace(",", "."));
    if (longest !== null && !(longest > 0)) found["max-km"] = t.kilometres;
    if (text("name") === "") found.name = t.needsName;
    errors.value = found;
    problem.value = "";
    if (Object.keys(found).length > 0) {
      form.querySelector<HTMLElement>(`[name="${Object.keys(found)[0]}"]`)?.focus();
      return;
    }
    busy.value = true;
    try {
      await unicorn.register({
        name: text("name"),
        "rate-card": { ...rates, "max-km": longest },
        "auto-quote": given.get("how") === "card",
      });
      close?.();
    } catch (error) {
      problem.value = explain(error);
      if (error instanceof ApiError) {
        const own: Readonly<Record<string, string>> = t.refused;
        errors.value = Object.fromEntries(
          error.fields.map(({ field, detail }) => {
            const name = field.replace("rate-card.", "").split(".")[0] ?? field;
            return [name, own[name] ?? detail];
          }),
        );
      }
    } finally {
      busy.value = false;
    }
  }

  const field = (name: string, label: string, value: string, more: object = {}, hint = "") => {
    const error = errors.value[name];
    return (
      <div class="field">
        <label for={name}>{label}</label>
        <input
          class="input"
          id={name}
          name={name}
          defaultValue={value}
          aria-invalid={error !== undefined}
          aria-describedby={error ? `${name}-error` : hint ? `${name}-hint` : undefined}
          {...more}
        />
        {error ? (
          <p class="field-error" id={`${name}-error`}>
            {error}
          </p>
        ) : (
          hint && (
            <p class="soft small" id={`${name}-hint`}>
              {hint}
            </p>
          )
        )}
      </div>
    );
  };

  const rate = (name: Rate) => before?.["rate-card"][name].amount ?? RATES[name];
  const decimal = { inputMode: "decimal", autocomplete: "off" };
  return (
    <form class="stack profile" onSubmit={(event) => void submit(event)} noValidate aria-busy={busy.value}>
      <div class="intro">
        <h1 ref={heading} tabIndex={-1}>
          {before ? t.change : t.title}
        </h1>
        <p class="soft">{t.intro}</p>
      </div>
      {field(
        "name",
        t.name,
        before?.name ?? capitalized(suggestion),
        { maxLength: 40, autocomplete: "off" },
        t.nameHint,
      )}
      <fieldset>
        <legend class="label">{t.rates}</legend>
        <div class="rates-grid">
          {(Object.keys(RATES) as Rate[]).map((name) => field(name, labels[name], rate(name), decimal))}
          {field("max-km", t.maxKm, String(before?.["rate-card"]["max-km"] ?? ""), {
            ...decimal,
            placeholder: t.any,
          })}
        </div>
      </fieldset>
      <fieldset>
        <legend class="label">{t.how}</legend>
        <div class="choices">
          {(
            [
              ["hand", t.byHand, t.byHandHint],
              ["card", t.byCard, t.byCardHint],
            ] as const
          ).map(([value, label, hint]) => (
            <label key={value} class="choice">
              <input
                type="radio"
                name="how"
                value={value}
                defaultChecked={(before?.["auto-quote"] ?? false) === (value === "card")}
              />
              <span>
                <b>{label}</b>
                <span class="soft small">{hint}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      {problem.value && (
        <p class="notice bad" role="alert">
          {problem.value}
        </p>
      )}
      <div class="actions">
        <button type="submit" class="button" disabled={busy.value}>
          {busy.value ? t.saving : before ? t.save : t.submit}
        </button>
        {close && (
          <button type="button" class="button quiet" onClick={close}>
            {t.cancel}
          </button>
        )}
      </div>
    </form>
  );
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
