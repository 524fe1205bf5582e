import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Canary, canariesIn } from './canary.ts';
import { MAIN } from './cli.ts';
import { type Descendant, followDescendants, type Pedigree } from './descendants.ts';

/** Where a secret may be, because it was put there for that. */
export interface Permission {
  /** Canaries that a copy of the kubeconfig for other programs may hold, with mode 0600. */
  readonly inKubeconfig?: readonly string[];
  /** Canaries in the environment that the user gave sevlane, and to whom it may be handed on, by a word in argv. */
  readonly inEnvironment?: readonly { readonly name: string; readonly of: readonly string[] }[];
}

/** A command of the real CLI with everything that it shows, writes and starts kept for a search. */
export interface WatchedRun {
  readonly folder: string;
  readonly stdout: () => string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves once it has said this on either stream. */
  said(text: string | RegExp): Promise<void>;
  ended(): Promise<{ readonly exitCode: number; readonly told: string; readonly descendants: readonly Descendant[] }>;
  /** Where canaries were found, in words; call it when it has ended. */
  leaks(canaries: readonly Canary[], permission?: Permission): readonly string[];
  remove(): void;
}

interface Written {
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
}

/** Starts it in a folder of its own, which also has its temporary files: `tmp` in it. Files are read while they are there. */
export function watchRun(args: readonly string[], env: Readonly<Record<string, string>> = {}): WatchedRun {
  const folder = mkdtempSync(join(tmpdir(), 'sevlane-watched-'));
  const temporary = mkdtempSync(join(tmpdir(), 'sevlane-wtmp-'));
  const child = execa(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: temporary, ...env },
    extendEnv: false,
    cwd: folder,
    reject: false,
    stdin: 'ignore',
  });
  const { pid: root = -1 } = child;
  const written = new Map<string, Written>();
  let looks = 0;
  const collect = () => {
    if (looks++ % LOOKS_A_READ === 0) for (const each of [folder, temporary]) readNew(each, written);
  };
  const pedigree: Pedigree = followDescendants(root, collect);
  let told = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      told += chunk;
      for (const look of [...waiting]) look();
    });
  }
  return {
    folder,
    stdout: () => told,
    kill: (signal) => void child.kill(signal),
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (typeof text === 'string' ? told.includes(text) : text.test(told)) resolve();
        };
        waiting.add(look);
        look();
        void child.then(() => reject(new Error(`it ended without saying ${text}:\n${told}`)));
      }),
    async ended() {
      const { exitCode = -1 } = await child;
      for (const each of [folder, temporary]) readNew(each, written);
      pedigree.stop();
      return { exitCode, told, descendants: pedigree.seen() };
    },
    leaks(canaries, permission = {}) {
      return [
        ...canariesIn(told, canaries).map((what) => `${what} in what it said`),
        ...[...written.values()].flatMap((file) => leaksOfFile(file, canaries, permission)),
        ...leaksOfProcesses(pedigree.seen(), canaries, permission),
      ];
    },
    remove() {
      pedigree.stop();
      for (const path of [folder, temporary]) rmSync(path, { recursive: true, force: true });
    },
  };
}

const LOOKS_A_READ = 4;

/** A report is written many times over: each writing is another file to search. */
function readNew(folder: string, written: Map<string, Written>): void {
  for (const name of tried(() => readdirSync(folder, { recursive: true, encoding: 'utf8' })) ?? []) {
    const path = join(folder, name);
    // It may be gone by now.
    const stat = tried(() => statSync(path));
    if (stat?.isFile() !== true) continue;
    const key = [path, stat.mode, stat.ino, stat.size, stat.mtimeMs].join('\0');
    if (written.has(key)) continue;
    const content = tried(() => readFileSync(path));
    if (content !== undefined) written.set(key, { path, mode: stat.mode & 0o777, content });
  }
}

function tried<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function leaksOfFile(
  { path, mode, content }: Written,
  canaries: readonly Canary[],
  { inKubeconfig = [] }: Permission,
): readonly string[] {
  const isCopy = /kubeconfig(\.new)?$/.test(path) && mode === 0o600;
  const searched = isCopy ? canaries.filter(({ name }) => !inKubeconfig.includes(name)) : canaries;
  const where = `${path} (mode ${mode.toString(8)})`;
  return [path, content].flatMap((text) => canariesIn(text, searched).map((what) => `${what} in ${where}`));
}

function leaksOfProcesses(
  [root, ...children]: readonly Descendant[],
  canaries: readonly Canary[],
  { inEnvironment = [] }: Permission,
): readonly string[] {
  const given = inEnvironment.map(({ name }) => name);
  const guises = children
    .flatMap(({ guises: own }) => [...own])
    // Until it starts its program, a new process looks like the one that made it.
    .filter(([argv]) => root?.guises.has(argv) !== true);
  return [
    ...[...(root?.guises ?? [])].flatMap((guise) => leaksOfGuise(guise, canaries, given)),
    ...guises.flatMap((guise) => {
      const mayHave = inEnvironment.filter(({ of }) => of.some((word) => guise[0].includes(word)));
      return leaksOfGuise(
        guise,
        canaries,
        mayHave.map(({ name }) => name),
      );
    }),
  ];
}

function leaksOfGuise(
  [argv, environment]: readonly [string, string],
  canaries: readonly Canary[],
  mayHave: readonly string[],
): readonly string[] {
  const words = argv.replaceAll('\0', ' ').slice(0, 200);
  const searched = canaries.filter(({ name }) => !mayHave.includes(name));
  return [
    ...canariesIn(argv, canaries).map((what) => `${what} in the arguments of ${words}`),
    ...canariesIn(environment, searched).map((what) => `${what} in the environment of ${words}`),
  ];
}
