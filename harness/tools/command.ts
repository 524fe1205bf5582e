import type { RunEvent } from '../model/events.ts';
import type { OwnProcess } from '../model/own-process.ts';
import type { Setting } from '../model/setting.ts';
import type { Provider, SettingValues, Surroundings, Terminal } from '../provider/contract.ts';

/** A command beside `run` that works on a node of whichever provider. */
export interface ToolCommand {
  readonly name: string;
  readonly summary: string;
  /** What follows the name, in help: e.g. `[settings] -- CMD...`. */
  readonly usage: string;
  readonly rows: readonly Setting[];
  /** What stands in the words beside settings. */
  readonly words: WordRule;
  /** False for words that work on files alone, for which no node has to be named. */
  needsNode(words: readonly string[]): boolean;
  /** True: only what goes wrong is told, because the terminal is somebody else's. */
  readonly isQuiet: boolean;
  run(input: ToolInput): Promise<number>;
}

/**
 * Which words are not ours: none; those after `--`; the first one, which says what to do; or all of them, unless there
 * is a `--` with nothing but settings of ours before it.
 */
export type WordRule = 'none' | 'after --' | 'action' | 'all';

/** Everything that a tool gets; nothing is read from the process. */
export interface ToolInput {
  readonly runId: string;
  /** The words that are not ours. */
  readonly words: readonly string[];
  /** The settings as they were typed, to be handed on to another sevlane. */
  readonly flags: readonly string[];
  /** Every row that this command reads. */
  readonly rows: readonly Setting[];
  readonly values: SettingValues;
  /** Lends the node. @throws UsageError when the settings do not name one. */
  readonly provider: () => Provider;
  readonly surroundings: Surroundings;
  readonly own: OwnProcess;
  /** The file that runs sevlane, for children that run our own code. */
  readonly program: string;
  readonly workingFolder: string;
  /** Folder for what is secret or passing; made and removed by the tool. */
  readonly runDir: string;
  readonly budgets: ToolBudgets;
  readonly terminal: Terminal;
  /** Hears all that happens. */
  readonly sink: (event: RunEvent) => void;
  /** Hears every credential before it is used, to be masked in all that is said. */
  readonly learn: (secret: string) => void;
  /**
   * Tells of signals that mean nothing to us: SIGQUIT, SIGUSR1 and SIGUSR2, which do not end us while somebody listens.
   * @returns how to stop listening.
   */
  readonly hearOthers: (listen: (name: NodeJS.Signals) => void) => () => void;
  /** Aborts, with an Interrupted, on a signal. */
  readonly stop: AbortSignal;
}

/** Milliseconds. */
export interface ToolBudgets {
  readonly connectMs: number;
  readonly clusterMs: number;
  /** How long a lost connection may take to heal. */
  readonly connectionMs: number;
  readonly undoMs: number;
}
