import { type Signal, signal } from "@preact/signals";
import type { CognitoUser, CognitoUserPool, CognitoUserSession } from "amazon-cognito-identity-js";
import { type Config, loadConfig } from "./config";

export type SignInStep =
  | { readonly kind: "done" }
  | { readonly kind: "new-password"; readonly answer: (password: string) => Promise<SignInStep> }
  | { readonly kind: "code"; readonly answer: (code: string) => Promise<SignInStep> };

export type SignInProblem = "wrong" | "weak-password" | "wrong-code" | "too-many" | "refused" | "no-answer";

export class SignInError extends Error {
  constructor(readonly problem: SignInProblem) {
    super(problem);
  }
}

/** Nobody is signed in, or no longer. */
export class SessionOver extends Error {}

/** How the names of all begin that pages keep in a tab's storage. It belongs to one user. */
const KEPT = "wild-rydes.";
const LOGIN = `${KEPT}login`;
/** Whose it is, by the id that nobody else ever gets. */
const OWNER = `${KEPT}owner`;
const SECONDS_BEFORE_THE_END = 60;

/** Whether somebody has signed in within this tab, as far as can be told before anything is loaded. */
export function isSignedIn(): boolean {
  return sessionStorage.getItem(LOGIN) !== null;
}

/**
 * Who has signed in. Tokens live in this tab alone, and are renewed as long as Cognito allows.
 *
 * A session that ends by itself leaves what the tab knows of its user, who goes on there after signing in again.
 * Anybody else who signs in finds nothing of it. Signing out leaves nothing to anybody.
 */
export class Session {
  /** The name of the user, or null. */
  readonly user: Signal<string | null> = signal(sessionStorage.getItem(LOGIN));
  /** Whether the last session ended by itself. */
  readonly over: Signal<boolean> = signal(false);

  /** What the deployment said last: a page may outlive it. */
  readonly config: Signal<Config>;

  #person: CognitoUser | null = null;
  #renewal: Promise<CognitoUserSession> | null = null;
  #current: CognitoUserSession | null = null;

  constructor(config: Config) {
    this.config = signal(config);
  }

  /** Sign somebody in. A failure is tried again at once if the page only did not know where to. Throws SignInError. */
  async signIn(name: string, password: string): Promise<SignInStep> {
    try {
      return await this.#signIn(name, password);
    } catch (error) {
      if (!(await this.#renewConfig())) throw error;
      return this.#signIn(name, password);
    }
  }

  async #signIn(name: string, password: string): Promise<SignInStep> {
    const { AuthenticationDetails } = await library();
    const person = await this.#make(name);
    if (this.config.peek().passwordLogin) person.setAuthenticationFlowType("USER_PASSWORD_AUTH");
    const details = new AuthenticationDetails({ Username: name, Password: password });
    return this.#step(person, (callbacks) => person.authenticateUser(details, callbacks));
  }

  signOut(): void {
    this.#end(false);
    sessionStorage.clear();
    begin();
  }

  /** End the session, as it was refused what its token should have got. */
  expire(): void {
    this.#end(true);
  }

  /** Return a valid ID token. Throws SessionOver. */
  async token(fresh = false): Promise<string> {
    if (!fresh && this.#current && !endsSoon(this.#current)) return this.#current.getIdToken().getJwtToken();
    this.#renewal ??= this.#renew(fresh).finally(() => {
      this.#renewal = null;
    });
    return (await this.#renewal).getIdToken().getJwtToken();
  }

  async #renew(fresh: boolean): Promise<CognitoUserSession> {
    const name = this.user.value;
    if (name === null) throw new SessionOver();
    const person = this.#person ?? (await this.#make(name));
    this.#person = person;
    try {
      const stored = await promised<CognitoUserSession>((done) => person.getSession(done));
      const ends = fresh || endsSoon(stored);
      const session = ends
        ? await promised<CognitoUserSession>((done) => person.refreshSession(stored.getRefreshToken(), done))
        : stored;
      this.#current = session;
      return session;
    } catch (error) {
      if (isNoAnswer(error)) throw error;
      this.#end(true);
      throw new SessionOver();
    }
  }

  /** Ask the deployment anew, and tell whether it says something else. */
  async #renewConfig(): Promise<boolean> {
    const before = this.config.peek();
    const now = await loadConfig().catch(() => before);
    if (JSON.stringify(now) === JSON.stringify(before)) return false;
    this.config.value = now;
    return true;
  }

  #end(byItself: boolean): void {
    if (byItself) void this.#renewConfig();
    this.#person?.signOut();
    this.#person = null;
    this.#current = null;
    sessionStorage.removeItem(LOGIN);
    this.user.value = null;
    this.over.value = byItself;
  }

  async #make(name: string): Promise<CognitoUser> {
    const { CognitoUser, CognitoUserPool } = await library();
    const { userPoolId, userPoolClientId, cognito } = this.config.peek();
    const pool = new CognitoUserPool({
      UserPoolId: userPoolId,
      ClientId: userPoolClientId,
      Storage: sessionStorage,
      ...(cognito === undefined ? {} : { endpoint: new URL(cognito, document.baseURI).href }),
    });
    giveUpAtOnce(pool);
    return new CognitoUser({ Username: name, Pool: pool, Storage: sessionStorage });
  }

  #step(person: CognitoUser, ask: (callbacks: Callbacks) => void): Promise<SignInStep> {
    return new Promise((resolve, reject) => {
      const code = () =>
        resolve({
          kind: "code",
          answer: (text) => this.#step(person, (callbacks) => person.sendMFACode(text, callbacks)),
        });
      const totp = () =>
        resolve({
          kind: "code",
          answer: (text) =>
            this.#step(person, (callbacks) => person.sendMFACode(text, callbacks, "SOFTWARE_TOKEN_MFA")),
        });
      ask({
        onSuccess: (session) => {
          const isAnother = take(String(session.getIdToken().payload.sub));
          sessionStorage.setItem(LOGIN, person.getUsername());
          if (isAnother) return begin();
          this.#person = person;
          this.#current = session;
          this.over.value = false;
          this.user.value = person.getUsername();
          resolve({ kind: "done" });
        },
        onFailure: (error) => reject(new SignInError(problemOf(error))),
        mfaRequired: code,
        totpRequired: totp,
        newPasswordRequired: () =>
          resolve({
            kind: "new-password",
            answer: (password) =>
              this.#step(person, (callbacks) => person.completeNewPasswordChallenge(password, {}, callbacks)),
          }),
      });
    });
  }
}

interface Callbacks {
  onSuccess: (session: CognitoUserSession) => void;
  onFailure: (error: unknown) => void;
  mfaRequired: () => void;
  totpRequired: () => void;
  newPasswordRequired: () => void;
}

/** Let the tab's storage be somebody's, and tell whether it was somebody else's, of which it then has nothing more. */
function take(owner: string): boolean {
  const before = sessionStorage.getItem(OWNER);
  const isAnother = before !== null && before !== owner;
  if (isAnother)
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(KEPT)) sessionStorage.removeItem(key);
  sessionStorage.setItem(OWNER, owner);
  return isAnother;
}

/** Load the page anew at its first view: what it has in memory is gone, and the address leads nowhere. */
function begin(): void {
  history.replaceState(null, "", location.pathname + location.search);
  location.reload();
}

/**
 * Have a renewal tried once. The library repeats it for six seconds, also when Cognito has refused it for good; whoever
 * needs a token tries again by itself, and asks the user meanwhile.
 */
function giveUpAtOnce(pool: CognitoUserPool): void {
  const { client } = pool as unknown as { client: { request: unknown; requestWithRetry: unknown } };
  client.requestWithRetry = client.request;
}

/** SRP needs a library, which is loaded when somebody signs in. */
const library = () => import("amazon-cognito-identity-js");

function endsSoon(session: CognitoUserSession): boolean {
  return session.getIdToken().getExpiration() - Date.now() / 1000 < SECONDS_BEFORE_THE_END;
}

function promised<T>(call: (done: (error: unknown, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)));
  });
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: string; name?: string };
  return code ?? name ?? "";
}

function isNoAnswer(error: unknown): boolean {
  return ["NetworkError", "TypeError", "TooManyRequestsException", "InternalErrorException"].includes(
    codeOf(error),
  );
}

function problemOf(error: unknown): SignInProblem {
  switch (codeOf(error)) {
    case "NotAuthorizedException":
    case "UserNotFoundException":
      return "wrong";
    case "InvalidPasswordException":
      return "weak-password";
    case "CodeMismatchException":
    case "ExpiredCodeException":
      return "wrong-code";
    case "TooManyRequestsException":
    case "LimitExceededException":
      return "too-many";
    case "NetworkError":
    case "TypeError":
      return "no-answer";
    default:
      return "refused";
  }
}
