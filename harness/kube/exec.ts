import type { WebSocket } from 'ws';
import { InfraError } from '../errors/errors.ts';
import type { Scope } from '../scope/scope.ts';
import { within } from '../scope/until.ts';
import { BrokenCall, wasCut } from './broken-call.ts';
import type { KubeClient } from './client.ts';
import { brief } from './errors.ts';
import { resourcePath } from './objects.ts';
import { pause } from './pause.ts';

/** A command in a container. */
export interface PodCommand {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly stdin?: string;
  /** Default 30 s. */
  readonly withinMs?: number;
  /** Limit of stdout and stderr together; default 16 MiB. */
  readonly maxBytes?: number;
  /** True for a command that only reads: when the connection is cut under it, it is run again from its beginning. */
  readonly isRepeatable?: true;
}

/** How a command in a container ended. */
export interface PodExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_BYTES = 16 * 1024 * 1024;
const AGAIN_MS = 100;
/** v5 can close stdin, v4 cannot; both end with a Status on channel 3. */
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;

/**
 * Runs a command in a container of a pod to its end. A command that fails is a result, not an error.
 * @throws KubeError or InfraError when it cannot be run or its end is not told; a BrokenCall when the connection was
 * cut under one that may not be run twice, or that was fed.
 */
export async function execInPod(scope: Scope, client: KubeClient, command: PodCommand): Promise<PodExecResult> {
  const { namespace, pod, container, withinMs = 30_000 } = command;
  const what = `exec "${brief(command.command.join(' '))}" in pod "${namespace}/${pod}" container "${container}"`;
  return await within(what, { scope, withinMs, blame: 'infra' }, async (signal) => {
    for (;;) {
      try {
        return await runOnce(client, command, { what, signal });
      } catch (error) {
        // What was fed to it is gone, and perhaps used.
        if (command.isRepeatable !== true || command.stdin !== undefined || !wasCut(error)) throw error;
        client.lost.throwIfAborted();
        scope.log.detail(`${what}: run again from its beginning: ${(error as Error).message}`);
        await pause(AGAIN_MS, signal);
      }
    }
  });
}

interface Attempt {
  readonly what: string;
  readonly signal: AbortSignal;
}

async function runOnce(client: KubeClient, command: PodCommand, { what, signal }: Attempt): Promise<PodExecResult> {
  const { namespace, pod, container, withinMs = 30_000 } = command;
  const socket = await client.websocket(
    resourcePath({ apiVersion: 'v1', plural: 'pods', namespace, name: pod, subresource: 'exec' }),
    PROTOCOLS,
    {
      signal,
      timeoutMs: withinMs,
      query: { container, command: command.command, stdin: command.stdin !== undefined, stdout: true, stderr: true },
    },
  );
  const hangUp = () => socket.terminate();
  signal.addEventListener('abort', hangUp, { once: true });
  try {
    return await follow(socket, command, what);
  } finally {
    signal.removeEventListener('abort', hangUp);
    socket.on('error', () => {}).terminate();
  }
}

function follow(socket: WebSocket, { stdin, maxBytes = MAX_BYTES }: PodCommand, what: string): Promise<PodExecResult> {
  return new Promise((resolve, reject) => {
    const output: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
    let bytes = 0;
    socket.on('error', (cause) => reject(new BrokenCall(`${what}: the connection broke: ${cause.message}`, { cause })));
    socket.on('close', (code, reason) =>
      reject(
        new InfraError(`${what}: closed before the exit status came (${code}${reason.length > 0 ? ` ${reason}` : ''})`),
      ),
    );
    socket.on('message', (frame: Buffer) => {
      const [channel, chunk] = [frame[0], frame.subarray(1)];
      if (channel === CHANNEL.stdout || channel === CHANNEL.stderr) {
        bytes += chunk.length;
        if (bytes > maxBytes) reject(new InfraError(`${what}: more than ${maxBytes} bytes of output`));
        else output[channel].push(chunk);
      } else if (channel === CHANNEL.status) {
        const text = (of: 1 | 2) => Buffer.concat(output[of]).toString();
        try {
          resolve({ code: exitCodeOf(chunk.toString(), what), stdout: text(1), stderr: text(2) });
        } catch (error) {
          reject(error);
        }
      }
    });
    socket.resume();
    if (stdin !== undefined) sendStdin(socket, stdin);
  });
}

function sendStdin(socket: WebSocket, stdin: string): void {
  socket.send(Buffer.concat([Buffer.of(CHANNEL.stdin), Buffer.from(stdin)]));
  if (socket.protocol === 'v5.channel.k8s.io') socket.send(Buffer.of(CHANNEL.close, CHANNEL.stdin));
}

/** The last word is a metav1.Status: Success, or NonZeroExitCode with the code among its causes. */
function exitCodeOf(text: string, what: string): number {
  const status = JSON.parse(text) as {
    readonly status?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
  };
  if (status.status === 'Success') return 0;
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (status.reason === 'NonZeroExitCode' && code !== undefined && /^\d+$/.test(code)) return Number(code);
  throw new InfraError(`${what}: ${status.message ?? brief(text)}`);
}
