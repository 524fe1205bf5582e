import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../model/own-process.ts';
import type { Account } from './request.ts';

/** What the tokens of a value stand for. */
export interface TokenMeanings {
  readonly account: Account;
  readonly env: Environment;
  /** The name as written. */
  readonly name: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeyAlias: string | undefined;
  readonly proxyJump: string | undefined;
}

/** The expanded text, or why it cannot be expanded. */
export type Expansion = { readonly text: string } | { readonly problem: string };

/** Expands `~`, `%` tokens and `${VARIABLES}` as ssh does in the paths of files and sockets. Source: ssh_config(5), TOKENS. */
export function expandPath(value: string, meanings: TokenMeanings): Expansion {
  let problem: string | undefined;
  const text = value.replace(
    /%(.?)|\$\{([^}]*)\}/g,
    (whole, token: string | undefined, variable: string | undefined) => {
      const meaning = variable === undefined ? meaningOf(token ?? '', meanings) : meanings.env[variable];
      if (meaning === undefined)
        problem ??= variable === undefined ? `${whole} is no token here` : `$${variable} is not set`;
      return meaning ?? '';
    },
  );
  if (problem !== undefined) return { problem: `"${value}": ${problem}` };
  if (text === '~') return { text: meanings.account.home };
  if (text.startsWith('~/')) return { text: join(meanings.account.home, text.slice(2)) };
  return text.startsWith('~') ? { problem: `"${value}": the home of another user is not looked up` } : { text };
}

function meaningOf(token: string, { account, name, ...host }: TokenMeanings): string | undefined {
  switch (token) {
    case '%':
      return '%';
    case 'd':
      return account.home;
    case 'h':
      return host.hostName;
    case 'i':
      return String(account.uid);
    case 'j':
      return host.proxyJump ?? '';
    case 'k':
      return host.hostKeyAlias ?? name;
    case 'L':
      return hostname().split('.')[0];
    case 'l':
      return hostname();
    case 'n':
      return name;
    case 'p':
      return String(host.port);
    case 'r':
      return host.user;
    case 'u':
      return account.name;
    default:
      return undefined;
  }
}
