import { isIP } from 'node:net';
import type { HostPort } from '../model/host.ts';
import type { Parsed, Setting } from '../model/setting.ts';

/** A forward as `--forward` takes it. */
export interface ForwardWish {
  readonly from: HostPort;
  readonly to: HostPort;
}

/** The rows of `sevlane tunnel`. */
export const TUNNEL_ROWS: readonly Setting[] = [
  {
    key: 'socks',
    valueName: '[ADDR:]PORT',
    group: 'Tunnel',
    parse: (text) => listener(text.trim()),
    help: 'a SOCKS5 proxy into the networks of the node: pods, services, names that it resolves; on loopback unless ADDR says otherwise',
  },
  {
    key: 'forward',
    valueName: '[ADDR:]PORT:HOST:PORT,...',
    repeats: true,
    group: 'Tunnel',
    parse: forwards,
    help: 'ports of this side that lead to addresses as the node sees them, separated by commas or given several times; on loopback unless ADDR says otherwise',
  },
  {
    key: 'write-kubeconfig',
    valueName: 'FILE',
    group: 'Tunnel',
    parse: (text) => ({ value: text }),
    help: 'where to write the kubeconfig for other programs; default a folder for temporary files; removed at the end; what stands there already is left alone, and refused',
  },
];

/** The rows of `sevlane provider`: those of its tunnel but the place of the kubeconfig, which it decides. */
export const PROVIDER_ROWS: readonly Setting[] = [
  ...TUNNEL_ROWS.filter(({ key }) => key !== 'write-kubeconfig'),
  {
    key: 'kubevirtci-config-path',
    env: ['KUBEVIRTCI_CONFIG_PATH'],
    valueName: 'DIR',
    group: 'Provider',
    parse: (text) => ({ value: text }),
    help: "kubevirtci's folder of configurations; default kubevirtci/_ci-configs in a checkout of KubeVirt, else _ci-configs",
  },
];

/** The rows of `sevlane lease`. */
export const RELEASE_ROWS: readonly Setting[] = [
  {
    key: 'force',
    group: 'Lease',
    parse: onOff,
    default: 'false',
    help: 'release: throw out whoever holds the lease, whether it lives or not',
  },
  { key: 'yes', group: 'Lease', parse: onOff, default: 'false', help: 'release: do not ask whether that is meant' },
];

function onOff(value: string): Parsed<boolean> {
  if (value === 'true' || value === 'false') return { value: value === 'true' };
  return { problem: `"${value}" is neither true nor false`, fix: 'write true or false' };
}

function forwards(text: string): Parsed<readonly ForwardWish[]> {
  const wishes: ForwardWish[] = [];
  for (const each of text.split(',').map((word) => word.trim())) {
    const parts = splitAddress(each);
    const [from, to] = [parts.slice(0, -2).join(':'), parts.slice(-2)];
    const [host, port] = [bare(to[0] ?? ''), portOf(to[1] ?? '')];
    const near = parts.length < 3 || parts.length > 4 ? undefined : listener(from);
    if (near === undefined || 'problem' in near || port === undefined || port === 0 || host === '') {
      return { problem: `"${each}" is no forward`, fix: 'write [ADDR:]PORT:HOST:PORT, e.g. 8080:10.96.0.1:443' };
    }
    wishes.push({ from: near.value, to: { host, port } });
  }
  return { value: wishes };
}

function listener(text: string): Parsed<HostPort> {
  const parts = splitAddress(text);
  const port = portOf(parts.at(-1) ?? '');
  const host = parts.length === 1 ? '127.0.0.1' : bare(parts[0] ?? '');
  if (port !== undefined && parts.length <= 2 && (host === 'localhost' || isIP(host) !== 0))
    return { value: { host, port } };
  return {
    problem: `"${text}" is no address to listen on`,
    fix: 'write [ADDR:]PORT, e.g. 1080, 0.0.0.0:1080 or [::1]:0',
  };
}

/** At colons outside of brackets. */
function splitAddress(text: string): readonly string[] {
  return text.match(/\[[^\]]*\]|[^:[\]]+/g) ?? [];
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

function portOf(text: string): number | undefined {
  const port = Number(text);
  return /^\d+$/.test(text) && port <= 65_535 ? port : undefined;
}
