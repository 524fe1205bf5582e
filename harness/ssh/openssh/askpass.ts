import { chmod, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Environment, OwnProcess } from '../../model/own-process.ts';
import type { Ask } from '../../provider/contract.ts';

/** Whom ssh may ask, through us: it has no terminal of its own. */
export interface Askpass {
  /** For the environment of ssh. */
  readonly environment: Environment;
  /** Answers that led to a session are given again, by us, when the next one asks the same. */
  keep(): void;
  close(): void;
}

interface AskpassOptions {
  /** Private to this ssh; mode 0700, its path short enough for a socket. */
  readonly folder: string;
  readonly own: OwnProcess;
  readonly ask: Ask;
  /** What was answered before, by the question. */
  readonly known: Map<string, string>;
  /** For what ssh only wants a person to know: touch your key. */
  readonly tell: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Serves ssh's questions until it is closed. The answers pass through a socket of ours, never through a file or argv. */
export async function openAskpass(options: AskpassOptions): Promise<Askpass> {
  const { folder, own } = options;
  const [script, client, socketPath] = [join(folder, 'ask'), join(folder, 'ask.cjs'), join(folder, 'a')];
  await writeFile(script, '#!/bin/sh\nexec "$SEVLANE_ASK_NODE" "$SEVLANE_ASK_CLIENT" "$@"\n', { mode: 0o700 });
  await chmod(script, 0o700);
  await writeFile(client, CLIENT, { mode: 0o600 });
  const given = new Map<string, string>();
  const server = await listen(socketPath, (socket) => {
    void serve(socket, given, options).catch(() => socket.destroy());
  });
  return {
    environment: {
      SSH_ASKPASS: script,
      SSH_ASKPASS_REQUIRE: 'force',
      // Before 8.4 ssh asks only where there is a display.
      DISPLAY: ':sevlane',
      SEVLANE_ASK_NODE: own.execPath,
      SEVLANE_ASK_CLIENT: client,
      SEVLANE_ASK_SOCKET: socketPath,
    },
    keep() {
      for (const [question, answer] of given) options.known.set(question, answer);
    },
    close: () => void server.close(),
  };
}

/** Run by ssh with its question: passes it to us and prints the answer. A mere notice stands until ssh takes it away. */
const CLIENT = `
const socket = require('node:net').connect(process.env.SEVLANE_ASK_SOCKET);
socket.end(JSON.stringify({ question: process.argv[2] ?? '', kind: process.env.SSH_ASKPASS_PROMPT ?? '' }));
let text = '';
socket.on('error', () => process.exit(1));
socket.on('data', (chunk) => { text += chunk; });
socket.on('end', () => {
  if (text === '') process.exit(1);
  process.stdout.write(text.slice(1) + '\\n', () => process.exit(0));
});
`;

interface Question {
  readonly question: string;
  readonly kind: string;
}

async function serve(
  socket: Socket,
  given: Map<string, string>,
  { ask, known, tell, signal }: AskpassOptions,
): Promise<void> {
  socket.on('error', () => {});
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) text += chunk;
  const { question, kind } = JSON.parse(text) as Question;
  const words = question.trim();
  if (kind === 'none') return tell(words);
  // Asked again, the answer that is known was wrong.
  const before = given.has(question) ? undefined : known.get(question);
  const isSecret = kind === '' && !/\(yes\/no/.test(words);
  const answer = before ?? (await ask(`${words} `, { isSecret, signal }));
  given.set(question, answer);
  // Of a confirmation only whether there is an answer counts.
  if (kind === 'confirm' && !/^y(es)?$/i.test(answer.trim())) return void socket.destroy();
  socket.end(`:${answer}`);
}

async function listen(path: string, serveOne: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, serveOne);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  return server;
}
