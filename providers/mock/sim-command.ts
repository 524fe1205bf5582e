import type { SettingValues, Terminal } from '../../harness/provider/contract.ts';
import type { Hold, HoldMoment } from './scenario/holds.ts';
import { readSimValues, type SimValues } from './sim-values.ts';
import { type SimulatedHost, startSimulatedHost } from './simulated-host.ts';

/** The work of `sevlane sim`: runs the simulated host until the signal, and says how to reach it. */
export async function simulate(values: SettingValues, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const read = readSimValues(values);
  if ('problems' in read) {
    for (const { place, problem, fix } of read.problems) terminal.stderr.write(`${place}: ${problem}; ${fix}\n`);
    return 2;
  }
  const heard = (event: string) => void terminal.stderr.write(`${new Date().toISOString()} ${event}\n`);
  const isJson = values.json === true;
  const held = (moment: HoldMoment, hold: Hold) => void terminal.stdout.write(holdLine(moment, hold));
  const host = await startSimulatedHost({
    ...read.values,
    ...(values.verbose === true ? { heard } : {}),
    ...(isJson ? { held } : {}),
  });
  try {
    terminal.stdout.write(
      isJson ? `${JSON.stringify({ ...addressOf(host), pid: terminal.pid })}\n` : guide(host, read.values),
    );
    await stopped(signal);
    return 0;
  } finally {
    await host.stop();
    for (const bug of host.failures) terminal.stderr.write(`simulator bug: ${bug.stack ?? bug.message}\n`);
  }
}

/** What `--json` prints: everything that another program needs to use the host. */
function addressOf(host: SimulatedHost) {
  return {
    sshHost: host.ssh.host,
    sshPort: host.ssh.port,
    sshUser: host.ssh.user,
    sshKey: host.ssh.keyFile,
    sshKnownHosts: host.ssh.knownHostsFile,
    sshPassword: host.ssh.password,
    kubeconfig: host.kubeconfigFile,
    nodeKubeconfig: host.nodeKubeconfigFile,
    manifestMirror: host.manifestMirror,
    execSocket: host.execSocket,
  };
}

/** What `--json` prints of a hold, after the line with the address. */
function holdLine(moment: HoldMoment, { id, side, call }: Hold): string {
  return `${JSON.stringify({ event: moment, at: new Date().toISOString(), id, side, ...call })}\n`;
}

function guide(host: SimulatedHost, { profile, scenario, pace }: SimValues): string {
  const { ssh } = host;
  const options = `-i ${ssh.keyFile} -o UserKnownHostsFile=${ssh.knownHostsFile} -o IdentitiesOnly=yes`;
  return [
    `simulating ${profile.name} with Kubernetes ${host.kubernetes}, scenario ${scenario.name}, ${pace} times as fast as real`,
    '',
    'a shell on the host:',
    `  ssh -p ${ssh.port} ${options} ${ssh.user}@${ssh.host}`,
    'its cluster:',
    `  kubectl --kubeconfig ${host.kubeconfigFile} get nodes`,
    'KubeVirt on it:',
    ...['kubevirt-operator', 'kubevirt-cr'].map(
      (file) => `  kubectl --kubeconfig ${host.kubeconfigFile} apply -f ${host.manifestMirror}/v1.9.0/${file}.yaml`,
    ),
    'the lane through it, from another terminal:',
    `  sevlane run --provider external --ssh ${ssh.user}@${ssh.host}:${ssh.port} --ssh-key ${ssh.keyFile} \\`,
    `    --ssh-known-hosts ${ssh.knownHostsFile} --kubeconfig ${host.nodeKubeconfigFile} \\`,
    `    --kubevirt-mirror ${host.manifestMirror}`,
    '',
    'Ctrl-C ends it and leaves nothing behind.',
    '',
  ].join('\n');
}

/** The loops of the simulated host keep the process alive meanwhile. */
function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
