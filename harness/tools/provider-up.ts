import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type BackgroundProcess, startInBackground } from '../command/background.ts';
import { identify, isAlive } from '../command/process-state.ts';
import { UsageError } from '../errors/errors.ts';
import { connectCluster } from '../kube/connect.ts';
import type { Environment } from '../model/own-process.ts';
import type { Scope } from '../scope/scope.ts';
import { until } from '../scope/until.ts';
import { shellWord } from '../ssh/shell-word.ts';
import type { ToolInput } from './command.ts';
import { copyAt } from './copy-place.ts';
import { secretNames } from './program-environment.ts';
import { endTunnel } from './provider-down.ts';
import { isOurScript, providerScript } from './provider-script.ts';
import type { TunnelAddress } from './tunnel.ts';
import {
  fingerprintOf,
  type ProviderFolder,
  readRecord,
  removeTraces,
  type TunnelRecord,
  writeRecord,
} from './tunnel-record.ts';
import { withoutSettings } from './words.ts';

/** Beside connecting and reaching the cluster: starting a process and whatever the provider waits for. */
const START_MS = 90_000;

/**
 * Leaves a supervised tunnel in the background and writes what KubeVirt's scripts source. One that leads to the same
 * place and answers is left alone; any other is replaced.
 */
export async function bringUp(scope: Scope, files: ProviderFolder, input: ToolInput): Promise<number> {
  const standing = await readRecord(files.record);
  await refuseForeign(files, standing, input.own);
  const goal = goalOf(files, standing, input);
  const found = standing && (await stillGood(scope, files, { standing, goal, input }));
  if (found !== undefined) return await finish(files, found, { input, isNew: false });
  if (standing !== undefined && isAlive(standing, input.own)) await endTunnel(scope, standing, input.own);
  await removeTraces(files, standing, input.own);
  const started = await start(files, { goal, made: standing?.made }, input);
  try {
    const outcome = await ready(scope, started, input);
    if ('address' in outcome) return await finish(files, outcome.address, { input, isNew: true });
    input.terminal.stderr.write(await readFile(files.log, 'utf8'));
    await removeTraces(files, started.record, input.own);
    return outcome.code === 0 ? 3 : outcome.code;
  } catch (error) {
    if (isAlive(started.record, input.own)) input.own.kill(started.record.pid, 'SIGTERM');
    await started.running.ended;
    await removeTraces(files, started.record, input.own);
    throw error;
  }
}

/** @throws UsageError when somebody else's files stand where ours would: they are theirs to remove. */
async function refuseForeign(
  files: ProviderFolder,
  standing: TunnelRecord | undefined,
  own: ToolInput['own'],
): Promise<void> {
  const copy = await copyAt(files.kubeconfig, own);
  const isOfTunnel = standing !== undefined && isAlive(standing, own);
  const foreign = [
    ...(copy === 'foreign' || (copy === 'of the living' && !isOfTunnel) ? [files.kubeconfig] : []),
    ...((await isForeignScript(files.script)) ? [files.script] : []),
  ];
  if (foreign.length === 0) return;
  const [verb, them] = foreign.length === 1 ? ['was', 'it'] : ['were', 'them'];
  throw new UsageError(`${foreign.join(' and ')} ${verb} not written by sevlane provider up: nothing is changed`, {
    hint: `put ${them} elsewhere, or choose another folder with --kubevirtci-config-path`,
  });
}

async function isForeignScript(path: string): Promise<boolean> {
  try {
    return !isOurScript(await readFile(path, 'utf8'));
  } catch (error) {
    return !(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'));
  }
}

/** Where the tunnel is to lead. */
interface Goal {
  readonly fingerprint: string;
  /** The kubeconfig that was given; undefined leaves it to the provider. */
  readonly source: string | undefined;
  /** True when the one that was given is the tunnel's own: the source is the standing tunnel's then. */
  readonly isOwn: boolean;
}

function goalOf(
  { kubeconfig }: ProviderFolder,
  standing: TunnelRecord | undefined,
  { values, words: _ }: ToolInput,
): Goal {
  const isOwn = values.kubeconfig === kubeconfig;
  if (isOwn && standing === undefined) {
    throw new UsageError(`${kubeconfig} is the copy of a tunnel that is no more`, {
      hint: 'unset KUBECONFIG, or name the kubeconfig of the cluster with --kubeconfig',
    });
  }
  const given = typeof values.kubeconfig === 'string' ? values.kubeconfig : undefined;
  const source = isOwn ? standing?.source : given;
  const leading = Object.entries(values).filter(([key]) => LEADING.test(key));
  return { fingerprint: fingerprintOf([source, leading]), source, isOwn };
}

/** The settings that decide where a tunnel leads and what else it opens. */
const LEADING = /^(provider|ssh.*|sim-.*|kube-context|node|kubernetes|connection-budget|socks|forward)$/;

interface Standing {
  readonly standing: TunnelRecord;
  readonly goal: Goal;
  readonly input: ToolInput;
}

/** The address of the tunnel that is up already, if it leads where it should and the API answers through it. */
async function stillGood(
  scope: Scope,
  files: ProviderFolder,
  { standing, goal, input }: Standing,
): Promise<TunnelAddress | undefined> {
  const replaced = (why: string) => {
    scope.log.info(`the tunnel of process ${standing.pid} ${why}: it is replaced`);
    return undefined;
  };
  if (!isAlive(standing, input.own)) return replaced('is no more');
  if (standing.fingerprint !== goal.fingerprint) return replaced('leads elsewhere');
  const outcome = await ready(scope, { record: standing, running: undefined }, input);
  if (!('address' in outcome)) return replaced('has ended');
  try {
    const kubeconfig = { kind: 'file', path: files.kubeconfig } as const;
    const { runDir, runId, own, learn } = input;
    await connectCluster(scope, undefined, { kubeconfig, runDir, runId, own, learn });
    return outcome.address;
  } catch (error) {
    scope.signal.throwIfAborted();
    return replaced(`does not lead to the API any more (${error instanceof Error ? error.message : String(error)})`);
  }
}

interface Started {
  readonly record: TunnelRecord;
  /** Undefined for one that was there before. */
  readonly running: BackgroundProcess | undefined;
}

async function start(
  files: ProviderFolder,
  { goal, made: madeBefore }: { readonly goal: Goal; readonly made: string | undefined },
  input: ToolInput,
): Promise<Started & { readonly running: BackgroundProcess }> {
  const made = (await mkdir(files.folder, { recursive: true })) ?? madeBefore;
  const answer = join(files.folder, `.sevlane-tunnel-${randomBytes(4).toString('hex')}.address`);
  await rm(files.log, { force: true });
  const flags = withoutSettings(
    input.flags,
    ['kubevirtci-config-path', 'json', ...secretKeys(input), ...(goal.isOwn ? ['kubeconfig'] : [])],
    input.rows,
  );
  const source = goal.isOwn && goal.source !== undefined ? ['--kubeconfig', goal.source] : [];
  const running = await startInBackground({
    file: input.own.execPath,
    args: [input.program, 'tunnel', ...flags, ...source, '--json', '--write-kubeconfig', files.kubeconfig],
    environment: environmentOf(input, goal),
    cwd: input.workingFolder,
    stdoutFile: answer,
    stderrFile: files.log,
  });
  const record = {
    ...identify(running.pid),
    fingerprint: goal.fingerprint,
    answer,
    ...(goal.source === undefined ? {} : { source: goal.source }),
    ...(made === undefined ? {} : { made }),
  };
  if (await writeRecord(files.record, record)) return { record, running };
  input.own.kill(running.pid, 'SIGTERM');
  await running.ended;
  await rm(answer, { force: true });
  throw new UsageError('another sevlane provider up is at work here', { hint: 'wait for it, and try again' });
}

/** Nothing of a run stands in the arguments and the environment of a process that lives for hours. */
function secretKeys({ rows }: Pick<ToolInput, 'rows'>): readonly string[] {
  return rows.filter(({ secret }) => secret === true).map(({ key }) => key);
}

function environmentOf({ own, rows }: ToolInput, { isOwn }: Goal): Environment {
  const hidden = secretNames(rows);
  if (isOwn) for (const name of ['KUBECONFIG', 'SEVLANE_KUBECONFIG']) hidden.add(name);
  return Object.fromEntries(Object.entries(own.environment).filter(([name]) => !hidden.has(name)));
}

type Readiness = { readonly address: TunnelAddress } | { readonly code: number };

/** Waits until the tunnel has told its address, or has ended. */
async function ready(scope: Scope, { record, running }: Started, { budgets, own }: ToolInput): Promise<Readiness> {
  const withinMs = START_MS + budgets.connectMs + budgets.clusterMs;
  const limits = { scope, withinMs, everyMs: 50, blame: 'infra' as const, hint: 'look at its log' };
  return await until<Readiness>(`tunnel of process ${record.pid} up`, limits, async () => {
    const text = await readFile(record.answer, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return { done: true, value: { address: JSON.parse(text) as TunnelAddress } };
    if (isAlive(record, own)) return { done: false, saw: 'it has not told its address yet' };
    return { done: true, value: { code: (await running?.ended) ?? -1 } };
  });
}

interface Finish {
  readonly input: ToolInput;
  readonly isNew: boolean;
}

async function finish(files: ProviderFolder, address: TunnelAddress, { input, isNew }: Finish): Promise<number> {
  const { own, terminal, values } = input;
  const { environment } = own;
  const kubectl = environment.KUBECTL || onPath('kubectl', environment);
  const script = providerScript({ kubeconfig: files.kubeconfig, kubectl, oc: onPath('oc', environment) });
  await writeFile(files.script, script, { mode: 0o644 });
  if (values.json === true) {
    terminal.stdout.write(`${JSON.stringify({ ...address, script: files.script, log: files.log })}\n`);
    return 0;
  }
  const way = address.node === undefined ? 'directly' : `through ${address.node}`;
  terminal.stdout.write(
    [
      `${isNew ? 'up' : 'up already'}: Kubernetes ${address.kubernetes} ${way}, process ${address.pid}, log ${files.log}`,
      '',
      `  export KUBEVIRT_PROVIDER=external KUBECONFIG=${shellWord(files.kubeconfig)}`,
      '  make cluster-sync && make functest',
      '',
      'sevlane provider down ends it and takes its files away.',
      '',
    ].join('\n'),
  );
  return 0;
}

/** As `which` finds it; empty when there is none. */
function onPath(name: string, { PATH = '' }: Environment): string {
  const paths = PATH.split(delimiter).filter((folder) => folder !== '');
  return paths.map((folder) => join(folder, name)).find(isExecutable) ?? '';
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
