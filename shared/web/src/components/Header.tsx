import type { ComponentChildren } from "preact";
import type { Session } from "../session";
import "../styles/header.css";
import { common } from "../texts";
import { Icon } from "./icons";
import { Preferences } from "./Preferences";

interface Props {
  readonly name: string;
  /** For whom the page is. */
  readonly more?: string;
  /** Null as long as nobody can sign in. */
  readonly session: Session | null;
  /** Where else one may go. */
  readonly children?: ComponentChildren;
}

/** The top of a page: what it is, where one may go, how it looks, and who is signed in and may leave. */
export function Header({ name, more, session, children }: Props) {
  const t = common.value;
  const user = session?.user.value ?? null;
  return (
    <header class="bar">
      <a class="brand" href="#/">
        <BrandMark />
        <span class="brand-name">
          {name} {more && <span class="soft">{more}</span>}
        </span>
      </a>
      {children}
      <div class="bar-end">
        <Preferences />
        {user !== null && (
          <>
            <span class="account small soft" title={t.account(user)}>
              <Icon name="user" size={18} />
              <span>{user}</span>
            </span>
            <button
              type="button"
              class="button plain icon"
              aria-label={t.signOut}
              title={t.signOut}
              onClick={() => session?.signOut()}
            >
              <Icon name="leave" />
            </button>
          </>
        )}
      </div>
    </header>
  );
}

export function BrandMark() {
  return (
    <span class="brand-mark">
      <Icon name="unicorn" size={22} />
    </span>
  );
}
