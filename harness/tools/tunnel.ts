import { Interrupted, UsageError } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';
import type { Scope } from '../scope/scope.ts';
import type { SshConnection } from '../ssh/connection.ts';
import { shellWord } from '../ssh/shell-word.ts';
import type { ToolInput } from './command.ts';
import { forwardLocally } from './forward.ts';
import { type ToolGround, withGround } from './ground.ts';
import type { ForwardWish } from './rows.ts';
import { serveSocks } from './socks.ts';

/** What `sevlane tunnel --json` prints, in one line. */
export interface TunnelAddress {
  readonly pid: number;
  /** `user@host:port`; absent when the API is reached directly. */
  readonly node?: string;
  readonly kubernetes: string;
  readonly kubeconfig: string;
  /** Where the kubeconfig leads to. */
  readonly server: string;
  readonly socks?: string;
  readonly forwards: readonly { readonly from: string; readonly to: string }[];
}

/** The work of `sevlane tunnel`: the way to node and cluster for other programs, until Ctrl-C. */
export async function tunnel(input: ToolInput): Promise<number> {
  const { values, terminal } = input;
  const kubeconfigPath = typeof values['write-kubeconfig'] === 'string' ? values['write-kubeconfig'] : undefined;
  return await withGround(input, kubeconfigPath === undefined ? {} : { kubeconfigPath }, async (scope, ground) => {
    const address = await openWishes(scope, ground, input);
    terminal.stdout.write(values.json === true ? `${JSON.stringify(address)}\n` : guide(address));
    return await untilStopped(scope);
  });
}

async function openWishes(scope: Scope, ground: ToolGround, { values, own }: ToolInput): Promise<TunnelAddress> {
  const { ssh, cluster, kubeconfigPath, server } = ground;
  // The rows' own parse made them.
  const socks = values.socks as HostPort | undefined;
  const wishes = (values.forward ?? []) as readonly ForwardWish[];
  if (ssh === undefined && (socks !== undefined || wishes.length > 0)) {
    throw new UsageError(`${socks === undefined ? '--forward' : '--socks'} needs a node to go through`, {
      hint: 'name it with --ssh',
    });
  }
  const opened = ssh === undefined ? { forwards: [] } : await openWays(scope, ssh, { socks, wishes });
  return {
    pid: own.pid,
    ...(ssh === undefined ? {} : { node: ssh.description }),
    kubernetes: cluster.serverVersion,
    kubeconfig: kubeconfigPath,
    server: `https://${spelled(server)}`,
    ...opened,
  };
}

interface Ways {
  readonly socks: HostPort | undefined;
  readonly wishes: readonly ForwardWish[];
}

async function openWays(
  scope: Scope,
  ssh: SshConnection,
  { socks, wishes }: Ways,
): Promise<Pick<TunnelAddress, 'socks' | 'forwards'>> {
  const forwards: { from: string; to: string }[] = [];
  for (const { from, to } of wishes) {
    const name = `forward to ${spelled(to)}`;
    forwards.push({ from: spelled(await forwardLocally(scope, ssh, { from, to, name })), to: spelled(to) });
  }
  const proxy = socks === undefined ? undefined : await serveSocks(scope, ssh, socks);
  for (const { host } of [socks, ...wishes.map(({ from }) => from)].filter((each) => each !== undefined)) {
    if (!isLoopback(host)) scope.log.info(`${host}: other machines can use this way into the node's networks too`);
  }
  return { ...(proxy === undefined ? {} : { socks: spelled(proxy) }), forwards };
}

function guide({ node, kubernetes, kubeconfig, socks, forwards }: TunnelAddress): string {
  return [
    `Kubernetes ${kubernetes} ${node === undefined ? 'is reached directly' : `through ${node}`}`,
    '',
    `  export KUBECONFIG=${shellWord(kubeconfig)}`,
    '  kubectl get nodes',
    ...(socks === undefined ? [] : ['', `  curl --proxy socks5h://${socks} http://ADDRESS-OF-A-POD:PORT/`]),
    ...(forwards.length === 0 ? [] : ['', ...forwards.map(({ from, to }) => `  ${from} leads to ${to}`)]),
    '',
    'Ctrl-C ends it and takes the kubeconfig away.',
    '',
  ].join('\n');
}

/** A signal is how it is meant to end. @throws the reason of any other end, such as a connection that is lost for good. */
async function untilStopped(scope: Scope): Promise<number> {
  const { signal } = scope;
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  if (signal.reason instanceof Interrupted) return 0;
  throw signal.reason;
}

function spelled({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
