import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { admitWithoutObject } from '../admission/admit.ts';
import type { ExecSession, Kubelet } from '../backends.ts';
import { type Call, targetOf } from '../call.ts';
import type { KubeObject } from '../objects.ts';
import { getObject } from '../read.ts';
import { type ApiResponse, at, header, isTrue } from '../request.ts';
import { ApiError, badRequest, failure, methodNotAllowed } from '../status.ts';
import { containerOf, kubeletOf } from './containers.ts';

const PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
];
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const CLOSE = 255;

/** GET of `/exec` as a websocket. Source of the framing: KEP-4006, v5.channel.k8s.io. @throws ApiError. */
export async function answerExec(call: Call): Promise<ApiResponse> {
  const { core, caller, info, request, type } = call;
  if (info.verb !== 'get' && info.verb !== 'create') throw methodNotAllowed();
  const pod = getObject(core, type, { ...info, query: new URLSearchParams() });
  const options = optionsOf(info.query);
  const phase = at(pod, 'status', 'phase');
  if (phase === 'Succeeded' || phase === 'Failed') {
    throw badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  }
  const container = containerOf(pod, options.container);
  if (!at(pod, 'spec', 'nodeName')) throw badRequest(`pod ${info.name} does not have a host assigned`);
  const object: KubeObject = { kind: 'PodExecOptions', apiVersion: 'v1', metadata: {}, ...options, container };
  const judged = {
    ...targetOf(call),
    operation: 'CONNECT' as const,
    oldObject: undefined,
    dryRun: false,
    fieldManager: '',
  };
  await admitWithoutObject(core, caller, { ...judged, object, user: caller.user });
  const kubelet = kubeletOf(core, pod);
  const protocol = header(request, 'sec-websocket-protocol');
  const otherwise = upgradeRequired();
  if ((header(request, 'upgrade') ?? '').toLowerCase() !== 'websocket') throw new ApiError(otherwise.body);
  if (protocol !== undefined && !PROTOCOLS.some((one) => protocol.includes(one))) throw badProtocol(protocol);
  return {
    type: 'upgrade',
    status: 101,
    headers: {},
    otherwise: { type: 'object', status: 400, headers: {}, body: otherwise.body },
    accept: (incoming, socket, head) => accept({ incoming, socket, head }, { kubelet, pod, container, options }),
  };
}

function upgradeRequired() {
  const message = 'Upgrade request required';
  return { body: failure({ code: 400, reason: 'BadRequest', message }) };
}

function badProtocol(protocol: string): ApiError {
  return badRequest(
    `unable to upgrade: no supported protocol in ${JSON.stringify(protocol)}, only ${PROTOCOLS.join(', ')}`,
  );
}

interface ExecOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
  readonly container: string;
  readonly command: readonly string[];
}

function optionsOf(query: URLSearchParams): ExecOptions {
  const flag = (name: string) => isTrue(query.get(name));
  const options = {
    stdin: flag('stdin'),
    stdout: flag('stdout'),
    stderr: flag('stderr'),
    tty: flag('tty'),
    container: query.get('container') ?? '',
    command: query.getAll('command'),
  };
  if (options.command.length === 0) throw badRequest('you must specify at least 1 command for the exec');
  if (!options.stdin && !options.stdout && !options.stderr) {
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  }
  return options;
}

interface Incoming {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

interface Wanted {
  readonly kubelet: Kubelet;
  readonly pod: KubeObject;
  readonly container: string;
  readonly options: ExecOptions;
}

const sockets = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
});

function accept({ incoming, socket, head }: Incoming, wanted: Wanted): void {
  sockets.handleUpgrade(incoming, socket, head, (websocket) => {
    try {
      run(websocket, wanted);
    } catch (error) {
      finish(websocket, { status: 'Failure', ...internalFailure(error) });
    }
  });
}

function run(websocket: WebSocket, { kubelet, pod, container, options }: Wanted): void {
  // An empty frame tells the client that the command has been started.
  send(websocket, options.stdout ? STDOUT : options.stderr ? STDERR : ERROR, Buffer.alloc(0));
  const { tty, stdin } = options;
  const session = kubelet.exec(pod, container, options.command, { tty, stdin });
  websocket.on('message', (data) => receive(session, options, Buffer.from(data as Buffer)));
  websocket.once('close', () => session.kill());
  websocket.on('error', () => session.kill());
  const outputs = [
    piped(websocket, STDOUT, options.stdout ? session.stdout : undefined),
    // A terminal has one output only.
    piped(websocket, STDERR, options.stderr && !tty ? session.stderr : undefined),
  ];
  session.stderr.resume();
  session.stdout.resume();
  Promise.all([session.exitCode, ...outputs]).then(
    ([code]) => finish(websocket, exitStatus(code, options.command)),
    (error: unknown) => finish(websocket, { status: 'Failure', ...internalFailure(error) }),
  );
}

function receive(session: ExecSession, { stdin }: ExecOptions, frame: Buffer): void {
  const [channel] = frame;
  if (channel === STDIN && stdin) session.stdin.write(frame.subarray(1));
  else if (channel === CLOSE && frame[1] === STDIN) session.stdin.end();
}

function piped(websocket: WebSocket, channel: number, stream: ExecSession['stdout'] | undefined): Promise<void> {
  if (stream === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer | string) => send(websocket, channel, Buffer.from(chunk as string)));
    stream.once('end', resolve);
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
}

function send(websocket: WebSocket, channel: number, data: Buffer): void {
  if (websocket.readyState === websocket.OPEN) websocket.send(Buffer.concat([Buffer.from([channel]), data]));
}

function finish(websocket: WebSocket, status: Readonly<Record<string, unknown>>): void {
  send(websocket, ERROR, Buffer.from(JSON.stringify({ metadata: {}, ...status })));
  websocket.close(1000);
}

function exitStatus(code: number, command: readonly string[]): Readonly<Record<string, unknown>> {
  if (code === 0) return { status: 'Success' };
  return {
    status: 'Failure',
    message: `command terminated with non-zero exit code: error executing command [${command.join(' ')}], exit code ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

function internalFailure(error: unknown): Readonly<Record<string, unknown>> {
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
}
