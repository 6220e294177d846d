/** What a deployment tells its pages. */
export interface Config {
  readonly region: string;
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  /** Where Cognito is, on the local cloud. On AWS the region says it. */
  readonly cognito?: string;
  readonly api: string;
  readonly socket: string;
  /** Whether users sign in with a plain password instead of SRP: on the local cloud alone. */
  readonly passwordLogin: boolean;
  /** Who may sign in by one click: on the local cloud alone. */
  readonly people?: readonly Person[];
}

export interface Person {
  readonly name: string;
  readonly password: string;
}

export async function loadConfig(): Promise<Config> {
  const answer = await fetch("./config.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  return (await answer.json()) as Config;
}
