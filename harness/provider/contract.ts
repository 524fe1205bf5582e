import type { Ask } from '../model/ask.ts';
import type { Host } from '../model/host.ts';
import type { OwnProcess } from '../model/own-process.ts';
import type { Setting, SettingProblem } from '../model/setting.ts';
import type { Scope } from '../scope/scope.ts';

export type { Ask } from '../model/ask.ts';
export type { SettingProblem } from '../model/setting.ts';

/** Values of the settings rows, by key, as their `parse` made them. */
export type SettingValues = Readonly<Record<string, unknown>>;

/** What a provider may use beside its settings. */
export interface Surroundings {
  /** Absent without a terminal: nobody can be asked then. */
  readonly ask?: Ask;
  /** For local programs. */
  readonly own?: OwnProcess;
  /** Who asks, for others who want the same node. */
  readonly holder?: string;
}

/** Something that lends the run an SEV node. */
export interface Provider {
  readonly name: string;
  readonly simulated: boolean;
  /** How long `acquire` may have to wait for a node to get free, beside what it does itself; default not at all. */
  readonly waitMs?: number;
  /** Lends the node; whatever has to be given back is registered with `scope.defer`. */
  acquire(scope: Scope, surroundings?: Surroundings): Promise<Host>;
}

/** A command beside `run`, e.g. `sim`, that a provider brings along. */
export interface ProviderCommand {
  readonly name: string;
  readonly summary: string;
  /** Rows that this command reads beside the provider's own. */
  readonly settings: readonly Setting[];
  run(values: SettingValues, terminal: Terminal, signal: AbortSignal): Promise<number>;
}

/** The streams and the number of the process, so that only main touches `process`. */
export interface Terminal {
  readonly pid?: number;
  readonly stdin?: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

/** What providers/index.ts lists: rows and commands are data, so that no provider's flag stands in harness/. */
export interface ProviderFactory {
  readonly name: string;
  readonly simulated: boolean;
  readonly settings: readonly Setting[];
  readonly commands: readonly ProviderCommand[];
  /** Checks that need several settings, the file system or ssh; all problems at once. Nobody is asked anything yet. */
  check(values: SettingValues, surroundings?: Surroundings): Promise<readonly SettingProblem[]>;
  create(values: SettingValues): Provider;
}
