import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningProgram, startProgram } from '../../command/start.ts';
import type { Watcher } from '../../command/watcher.ts';
import type { SshTarget } from '../../model/host.ts';
import type { OwnProcess } from '../../model/own-process.ts';
import type { Ask } from '../../provider/contract.ts';
import type { Scope } from '../../scope/scope.ts';
import { until } from '../../scope/until.ts';
import { masterArguments, masterConfig, pinScript, SEEN_SCRIPT, sshEnvironment } from './arguments.ts';
import { openAskpass } from './askpass.ts';
import { type MessageLink, openControlSocket } from './control-socket.ts';
import { explainFailure } from './explain.ts';

/** What local programs need: ours to start them, and somebody who ends them when we are killed. */
export interface LocalPrograms {
  readonly own: OwnProcess;
  readonly watcher: Watcher;
}

/** Whom ssh may ask for a passphrase, a PIN or a touch. */
export interface Person {
  /** Absent without a terminal: nobody is asked then. */
  readonly ask?: Ask | undefined;
  /** What was answered in earlier sessions, by the question. */
  readonly known: Map<string, string>;
}

/** A running ssh that has authenticated, and the way to its connection. */
export interface Master {
  readonly program: RunningProgram;
  readonly link: MessageLink;
  /** Ends ssh and all that it has started, and removes its files. Safe to call twice. */
  end(graceMs: number): Promise<void>;
}

/** What a master is started with. */
export interface MasterStart extends LocalPrograms, Person {
  readonly description: string;
  readonly target: SshTarget;
  readonly scope: Scope;
  /** Types of key that the host has shown already, none of them the pinned one. */
  readonly notPinned: readonly string[];
}

/** The hard limit that the signal of the caller stays within. */
const READY_WITHIN_MS = 120_000;

/**
 * Starts ssh as the master of a connection that only we know, and waits until it has authenticated.
 * @throws InfraError in the words of the field; nothing is left then.
 */
export async function startMaster({
  target,
  scope,
  own,
  watcher,
  description,
  ask,
  known,
  notPinned,
}: MasterStart): Promise<Master> {
  const { program = 'ssh' } = target.openssh ?? {};
  const folder = await privateFolder(watcher);
  const controlPath = join(folder.path, 's');
  const configPath = join(folder.path, 'config');
  const pinPath = join(folder.path, 'pin');
  const seenPath = join(folder.path, 'seen');
  await writeFile(configPath, masterConfig(target, { mayAsk: ask !== undefined, seenPath }), { mode: 0o600 });
  await writeFile(seenPath, SEEN_SCRIPT, { mode: 0o600 });
  await writeFile(pinPath, pinScript(target.hostKeys.pinned ?? ''), { mode: 0o600 });
  const askpass =
    ask &&
    (await openAskpass({
      ...{ folder: folder.path, own, ask, known, signal: scope.signal },
      tell: (message) => scope.log.info(`ssh ${description}: ${message}`),
    }));
  const running = await startProgram(
    { file: program, args: masterArguments(target, { controlPath, configPath, pinPath, notPinned }) },
    {
      own,
      watcher,
      environment: { ...sshEnvironment(own.environment), ...askpass?.environment },
      what: `ssh ${description}`,
    },
  ).catch(async (error) => {
    askpass?.close();
    await folder.remove();
    throw error;
  });
  const end = async (graceMs: number) => {
    await running.end(graceMs);
    await folder.remove();
  };
  try {
    const link = await ready(scope, { running, controlPath, description, target });
    askpass?.keep();
    return { program: running, link, end };
  } catch (error) {
    await end(0);
    throw error;
  } finally {
    // Once logged in, ssh has nothing more to ask.
    askpass?.close();
  }
}

interface Waiting {
  readonly running: RunningProgram;
  readonly controlPath: string;
  readonly description: string;
  readonly target: SshTarget;
}

/** ssh makes its control socket when it has authenticated, and not before. */
async function ready(scope: Scope, { running, controlPath, description, target }: Waiting): Promise<MessageLink> {
  let hasEnded = false;
  const limits = {
    scope,
    withinMs: READY_WITHIN_MS,
    everyMs: 25,
    blame: 'infra',
    hint: 'see what ssh waits for: ssh -v by hand',
    wake: (notify: () => void) => {
      void running.ended.then(() => {
        hasEnded = true;
        notify();
      });
      return () => {};
    },
  } as const;
  return await until(`ssh ${description}: connect`, limits, async (signal) => {
    if (hasEnded) throw explainFailure({ description, target, said: running.said() });
    if (!existsSync(controlPath)) return { done: false, saw: 'ssh is still at it' };
    return { done: true, value: await openControlSocket(controlPath, signal) };
  });
}

interface PrivateFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Of the system's limit of 104 bytes for the path of a socket, ssh itself needs 17 for a name in passing. */
const LONGEST_FOLDER = 80;

async function privateFolder(watcher: Watcher): Promise<PrivateFolder> {
  const inside = await mkdtemp(join(watcher.folder, 'ssh-'));
  if (Buffer.byteLength(inside) <= LONGEST_FOLDER) return { path: inside, remove: () => removeFolder(inside) };
  await removeFolder(inside);
  const path = await mkdtemp('/tmp/sevlane-ssh-');
  const unwatch = watcher.file(path);
  return {
    path,
    async remove() {
      await removeFolder(path);
      unwatch();
    },
  };
}

async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
