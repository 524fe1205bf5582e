import { CLEAN_ROWS } from './clean-rows.ts';
import type { ToolCommand } from './command.ts';
import { PROVIDER_ROWS, RELEASE_ROWS, TUNNEL_ROWS } from './rows.ts';

/** The commands beside the run, in the order of the help. The work of each is loaded when it is asked for. */
export const TOOL_COMMANDS: readonly ToolCommand[] = [
  {
    name: 'tunnel',
    summary: 'keeps a way to the cluster open for kubectl, virtctl and others, until Ctrl-C',
    usage: '[settings]',
    rows: TUNNEL_ROWS,
    words: 'none',
    needsNode: () => true,
    isQuiet: false,
    run: async (input) => await (await import('./tunnel.ts')).tunnel(input),
  },
  {
    name: 'exec',
    summary: 'runs one command with KUBECONFIG leading to the cluster, and keeps its exit code',
    usage: '[settings] -- CMD...',
    rows: [],
    words: 'after --',
    needsNode: () => true,
    isQuiet: true,
    run: async (input) => await (await import('./exec.ts')).runWords(input, input.words),
  },
  {
    name: 'kubectl',
    summary: 'runs kubectl on the cluster: short for sevlane exec -- kubectl ...',
    usage: '[settings --] WORDS...',
    rows: [],
    words: 'all',
    needsNode: () => true,
    isQuiet: true,
    run: async (input) => await (await import('./exec.ts')).runWords(input, ['kubectl', ...input.words]),
  },
  {
    name: 'provider',
    summary: "writes what KubeVirt's make cluster-sync and make functest need, with a tunnel in the background",
    usage: 'up|down|kubeconfig [settings]',
    rows: PROVIDER_ROWS,
    words: 'action',
    // The tunnel in the background judges for itself.
    needsNode: () => false,
    isQuiet: false,
    run: async (input) => await (await import('./provider.ts')).actOnProvider(input),
  },
  {
    name: 'clean',
    summary: 'lists what earlier runs left on the cluster, and takes it away',
    usage: '[settings]',
    rows: CLEAN_ROWS,
    words: 'none',
    needsNode: () => true,
    isQuiet: false,
    run: async (input) => await (await import('./clean.ts')).clean(input),
  },
  {
    name: 'lease',
    summary: 'shows who has the cluster and who waits for it, or throws out one who does not give it back',
    usage: 'show|release [settings]',
    rows: RELEASE_ROWS,
    words: 'action',
    needsNode: () => true,
    isQuiet: true,
    run: async (input) => await (await import('./lease.ts')).actOnLease(input),
  },
];
