import type { Ask } from '../model/ask.ts';
import type { SshTarget } from '../model/host.ts';
import type { OwnProcess } from '../model/own-process.ts';
import type { SettingProblem } from '../model/setting.ts';

/** `[user@]host[:port]` as the user wrote it; the host may be a name of ssh_config. */
export interface SshName {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** What the user asks for on sevlane's side; what is absent follows ssh_config. */
export interface SshRequest {
  readonly name: SshName;
  /** Hosts to go through, the nearest first, instead of ProxyJump. */
  readonly jumps?: readonly SshName[];
  /** Read instead of the user's and the system's; `none` reads none. */
  readonly configFile?: string;
  /** For the node, and for hosts in between for which ssh_config names no key. */
  readonly keyFiles?: readonly string[];
  readonly passphraseFile?: string;
  readonly passwordFile?: string;
  /** `none` asks none. */
  readonly agent?: string;
  /** Of the node and of the hosts in between. */
  readonly knownHostsFiles?: readonly string[];
  /** `SHA256:...`: the one key of the node itself. */
  readonly pinnedHostKey?: string;
  readonly hostKeyChecking?: 'yes' | 'accept-new' | 'ask';
  readonly transport: 'builtin' | 'openssh';
}

/** What is around the request. */
export interface SshSurroundings {
  readonly signal: AbortSignal;
  /** The environment has the variables that ssh_config may name, and SSH_AUTH_SOCK. */
  readonly own: Pick<OwnProcess, 'environment' | 'kill'>;
  /** Who can type a passphrase; `later`: somebody can, but not now, so that a locked key is no mistake. Absent: nobody. */
  readonly ask?: Ask | 'later';
  /** OpenSSH's client; default the `ssh` of PATH. Where there is none the files are read without it. */
  readonly program?: string;
  /** Default: what the system says of the user that runs this. */
  readonly account?: Account;
  /** Default `/etc/ssh/ssh_config`. Only for reading without ssh. */
  readonly systemConfig?: string;
}

/** The user that runs this, as ssh sees it: the home is the one of the password database. */
export interface Account {
  readonly name: string | undefined;
  readonly home: string;
  readonly uid: number;
}

/** The node and how to get there, with things to say aloud; or every mistake, each with its place and its fix. */
export type SshResolution =
  | { readonly target: SshTarget; readonly notes: readonly string[] }
  | { readonly problems: readonly SettingProblem[] };
