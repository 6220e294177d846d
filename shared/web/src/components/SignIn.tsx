import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Person } from "../config";
import { type Session, SignInError, type SignInProblem, type SignInStep } from "../session";
import { common } from "../texts";
import { Icon } from "./icons";

interface Props {
  readonly session: Session;
  readonly title: string;
  readonly children?: ComponentChildren;
}

type Question = Exclude<SignInStep, { kind: "done" }>;

/** A form for name and password, then for what else Cognito asks. */
export function SignIn({ session, title, children }: Props) {
  const t = common.value;
  const busy = useSignal(false);
  const problem = useSignal<SignInProblem | null>(null);
  const question = useSignal<Question | null>(null);
  const first = useRef<HTMLInputElement>(null);
  const asked = question.value;
  const people = session.config.value.people ?? [];

  useEffect(() => first.current?.focus(), [asked?.kind]);

  async function attempt(step: () => Promise<SignInStep>) {
    busy.value = true;
    problem.value = null;
    try {
      const next = await step();
      question.value = next.kind === "done" ? null : next;
    } catch (error) {
      problem.value = error instanceof SignInError ? error.problem : "no-answer";
    } finally {
      busy.value = false;
    }
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(given.get(name) ?? "");
    void attempt(() =>
      asked ? asked.answer(text("answer")) : session.signIn(text("name").trim(), text("password")),
    );
  }

  const wrong = problem.value;
  const describedBy = wrong ? "sign-in-problem" : undefined;
  return (
    <div class="sign-in">
      <h1>{title}</h1>
      {children}
      {session.over.value && !wrong && (
        <p class="notice" role="status">
          <Icon name="clock" />
          {t.sessionOver}
        </p>
      )}
      <form class="stack" onSubmit={submit} aria-busy={busy.value}>
        {asked === null && (
          <>
            <div class="field">
              <label for="name">{t.name}</label>
              <input
                class="input"
                id="name"
                name="name"
                autocomplete="username"
                autocapitalize="none"
                spellcheck={false}
                required
                ref={first}
                aria-invalid={wrong === "wrong"}
                aria-describedby={describedBy}
              />
            </div>
            <div class="field">
              <label for="password">{t.password}</label>
              <input
                class="input"
                id="password"
                name="password"
                type="password"
                autocomplete="current-password"
                required
                aria-invalid={wrong === "wrong"}
                aria-describedby={describedBy}
              />
            </div>
          </>
        )}
        {asked !== null && (
          <div class="field">
            <label for="answer">{asked.kind === "code" ? t.code : t.newPassword}</label>
            <p class="soft small">{asked.kind === "code" ? t.codeWhy : t.newPasswordWhy}</p>
            <input
              class="input"
              id="answer"
              name="answer"
              key={asked.kind}
              {...(asked.kind === "code"
                ? { type: "text", inputMode: "numeric", autocomplete: "one-time-code" }
                : { type: "password", autocomplete: "new-password" })}
              required
              ref={first}
              aria-invalid={wrong !== null}
              aria-describedby={describedBy}
            />
          </div>
        )}
        {wrong && (
          <p class="notice bad" role="alert" id="sign-in-problem">
            <Icon name="alert" />
            {t.problems[wrong]}
          </p>
        )}
        <button class="button wide" type="submit" disabled={busy.value}>
          {busy.value ? t.signingIn : asked ? t.proceed : t.signIn}
        </button>
      </form>
      {asked === null && people.length > 0 && (
        <People
          people={people}
          busy={busy.value}
          choose={(person) => void attempt(() => session.signIn(person.name, person.password))}
        />
      )}
    </div>
  );
}

function People(props: { people: readonly Person[]; busy: boolean; choose: (person: Person) => void }) {
  const t = common.value;
  return (
    <div class="people">
      <p class="divider small soft">{t.orAs}</p>
      <ul>
        {props.people.map((person) => (
          <li key={person.name}>
            <button
              type="button"
              class="button quiet"
              disabled={props.busy}
              onClick={() => props.choose(person)}
              aria-label={t.continueAs(person.name)}
            >
              <Icon name="user" size={18} />
              {person.name}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
