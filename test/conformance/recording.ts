import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One recorded request and its answer. */
export interface Recording {
  readonly n: number;
  readonly group: string;
  readonly name: string;
  readonly request: {
    readonly user: string;
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly watchMs?: number;
  };
  readonly response: Answer;
}

/** An answer over the wire; `body` is parsed JSON, text, or an array of watch events. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** Reads the recordings of a folder in the order in which they were made. */
export function readRecordings(folder: string): readonly Recording[] {
  return readdirSync(folder)
    .filter((file) => /^\d{3}-.*\.json$/.test(file))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recording);
}
