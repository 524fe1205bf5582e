import { join } from 'node:path';
import type { ApiOptions } from './api/api.ts';
import { inProcess } from './api/in-process.ts';
import { type ApiServer, startApiServer } from './api/server.ts';
import { networkSwitch } from './api/switch.ts';
import { openAuditFile } from './audit-file.ts';
import { type Clock, clockAt } from './clock.ts';
import { type ClusterFiles, writeClusterFiles } from './cluster-files.ts';
import { type Controllers, startControllers } from './controllers/index.ts';
import { type ExecSocket, openExecSocket } from './exec-socket.ts';
import { makeRunKeys, type RunKeys } from './keys.ts';
import { knownHostsText } from './kubeconfig.ts';
import { openKubeletPort } from './kubelet-port.ts';
import { defaultKubernetes } from './kubernetes-version.ts';
import { spoilManifests } from './kubevirt/spoilt-manifests.ts';
import type { KubevirtVersion } from './kubevirt/version.ts';
import { NODE_ADDRESS, NODE_API_PORT } from './node-address.ts';
import type { HostProfile } from './physics/host.ts';
import { makeRunFolder, type RunFolder, SOCKET_NAME, sweepRunFolders } from './run-folder.ts';
import { runningGuests } from './running-guests.ts';
import { direct } from './scenario/direct.ts';
import type { Director } from './scenario/director.ts';
import type { Scenario } from './scenario/grammar.ts';
import { describeHold, type Hold, type HoldMoment, openHolds } from './scenario/holds.ts';
import { nodeAddresses } from './ssh/address-book.ts';
import { type SshServer, startSshServer } from './ssh/server.ts';
import { openHostShell } from './ssh/shell.ts';
import { accountToken, fillCluster } from './standing-cluster.ts';

/** What a simulated host is to be. */
export interface SimulatedHostOptions {
  readonly profile: HostProfile;
  readonly scenario: Scenario;
  /** Simulated seconds in a real one. */
  readonly pace: number;
  readonly seed: number;
  /** Default: a Kubernetes that suits the KubeVirt. */
  readonly kubernetes?: string | undefined;
  /** The release that a run is going to install; its manifest is in the mirror beside those of all known ones. */
  readonly kubevirt?: KubevirtVersion | undefined;
  /** Default root. */
  readonly user?: string;
  /** Appended to: every stage of every request over the wire. */
  readonly auditFile?: string | undefined;
  /** Hears when a request is held, and when it is not any more. */
  readonly held?: (moment: HoldMoment, hold: Hold) => void;
  /** Hears every event that a scenario may wait for. */
  readonly heard?: (event: string) => void;
}

/** A running simulated host and how it is reached. Every file lies in one folder that `stop` removes. */
export interface SimulatedHost {
  readonly ssh: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly keyFile: string;
    readonly privateKey: string;
    readonly knownHostsFile: string;
    readonly password: string;
  };
  /** Names the API server's real port on loopback, for tools of this machine and for a real sshd in front. */
  readonly kubeconfigFile: string;
  /** As it lies on the node: names the node's own address, which leads to the API server through the SSH connection. */
  readonly nodeKubeconfigFile: string;
  readonly manifestMirror: string;
  readonly execSocket: string;
  readonly kubernetes: string;
  /** For tests: what is stored and was asked, what the scenario does, and bugs of the simulator met on the way. */
  readonly api: ApiServer['api'];
  readonly director: Director;
  readonly failures: readonly Error[];
  /** Ends everything and leaves nothing behind. Safe to call twice. */
  stop(): Promise<void>;
}

/** Where the node's own kubeconfig lies, as kubeadm puts it. */
export const NODE_KUBECONFIG = '/etc/kubernetes/admin.conf';

/** Starts a host: keys, API server with node and controllers, SSH server, exec socket and manifests. */
export async function startSimulatedHost(options: SimulatedHostOptions): Promise<SimulatedHost> {
  const life = new AbortController();
  const undo: (() => Promise<void>)[] = [async () => life.abort()];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= undoAll(undo);
    return stopped;
  };
  try {
    return await assemble(options, { life, undo, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Life {
  readonly life: AbortController;
  /** Run last first. */
  readonly undo: (() => Promise<void>)[];
  readonly stop: () => Promise<void>;
}

async function undoAll(undo: (() => Promise<void>)[]): Promise<void> {
  for (let next = undo.pop(); next !== undefined; next = undo.pop()) await next();
}

async function assemble(options: SimulatedHostOptions, { life, undo, stop }: Life): Promise<SimulatedHost> {
  const { scenario, pace, seed, kubevirt, user = 'root' } = options;
  const clock = clockAt(pace);
  const heard = options.heard === undefined ? {} : { heard: options.heard };
  const director = direct(scenario, { seed, clock, signal: life.signal, ...heard });
  const profile = director.host(options.profile);
  const kubernetes = options.kubernetes ?? defaultKubernetes(kubevirt);

  await sweepRunFolders();
  const folder = await makeRunFolder();
  undo.push(() => folder.remove());
  const standing = director.standing();
  const keys = await makeRunKeys({ ...standing, nodeName: profile.hostname, nodeAddress: NODE_ADDRESS });
  const holds = openHolds((moment, hold) => {
    director.happened(describeHold(moment, hold));
    options.held?.(moment, hold);
  });
  const audit = options.auditFile === undefined ? undefined : openAuditFile(options.auditFile);
  undo.push(async () => audit?.close());
  const watching = { holds, faults: director, ...(audit === undefined ? {} : { audit: audit.write }) };
  // What runs in the cluster runs on the node, and takes its time from there.
  const nodeClock = { ...clock, now: () => new Date(clock.now().getTime() + profile.clockAheadMs) };
  const parts = { clock: nodeClock, director, profile, kubernetes, keys, watching, signal: life.signal };
  const cluster = await startCluster(parts, undo);
  const { api } = cluster.server;
  await fillCluster({ api, clock: nodeClock, standing, nodeName: profile.hostname, signal: life.signal });
  const token = standing.token && (await accountToken({ api, clock }, standing.token.daysLeft));
  const files = await writeClusterFiles({ folder, keys, token, apiPort: cluster.server.port, kubevirt });
  await spoilManifests(files.mirror, standing.manifests);
  const doors = { clock, director, profile: options.profile, keys, user, files, folder, server: cluster.server };
  const { ssh, exec } = await openDoors(doors, undo);
  const knownHosts = knownHostsText(ssh.host, ssh.port, keys.sshHost.publicKey);
  return {
    ssh: {
      host: ssh.host,
      port: ssh.port,
      user,
      keyFile: await folder.write('id_ed25519', keys.sshClient.privateKey),
      privateKey: keys.sshClient.privateKey,
      knownHostsFile: await folder.write('known_hosts', knownHosts),
      password: keys.sshPassword,
    },
    kubeconfigFile: files.kubeconfig,
    nodeKubeconfigFile: files.nodeKubeconfig,
    manifestMirror: files.mirror,
    execSocket: exec.path,
    kubernetes,
    api: cluster.server.api,
    director,
    failures: cluster.controllers.failures,
    stop,
  };
}

interface Parts {
  readonly clock: Clock;
  readonly director: Director;
  readonly profile: HostProfile;
  readonly keys: RunKeys;
}

interface ClusterNeeds extends Parts {
  readonly kubernetes: string;
  /** Who looks at requests and stands in their way. */
  readonly watching: Pick<ApiOptions, 'holds' | 'faults' | 'audit'>;
  readonly signal: AbortSignal;
}

async function startCluster(
  { clock, director, profile, kubernetes, keys, watching, signal }: ClusterNeeds,
  undo: (() => Promise<void>)[],
): Promise<{ server: ApiServer; controllers: Controllers }> {
  const network = networkSwitch();
  const server = await startApiServer({
    ...{ clock, director, network, version: kubernetes, serviceAccountKey: keys.serviceAccountKey },
    ...watching,
    serving: keys.apiServer,
    clientCa: keys.clusterCa.certificate,
  });
  undo.push(() => server.close());
  const controllers = startControllers({
    ...{ clock, director, network, profile, kubernetesVersion: kubernetes, signal },
    as: inProcess(server.api),
    clusterCa: keys.clusterCa.certificate,
  });
  undo.push(() => controllers.stop());
  await controllers.ready;
  return { server, controllers };
}

interface DoorNeeds extends Parts {
  readonly user: string;
  readonly files: ClusterFiles;
  readonly folder: RunFolder;
  readonly server: ApiServer;
}

async function openDoors(
  { clock, director, profile, keys, user, files, folder, server }: DoorNeeds,
  undo: (() => Promise<void>)[],
): Promise<{ ssh: SshServer; exec: ExecSocket }> {
  const ownFiles = { [NODE_KUBECONFIG]: files.nodeKubeconfigText };
  const running = () => runningGuests(server.api.store, director);
  const shell = openHostShell({ user, profile, director, clock, ownFiles, running });
  const exec = await openExecSocket(join(folder.path, SOCKET_NAME), shell);
  undo.push(() => exec.close());
  const { hostname } = director.host(profile);
  const kubelet = await openKubeletPort(keys.kubelet);
  undo.push(() => kubelet.close());
  const names = {
    ...{ nodeName: hostname, nodeAddress: NODE_ADDRESS, port: NODE_API_PORT, realPort: server.port },
    kubeletPort: kubelet.port,
  };
  const ssh = await startSshServer({ keys, user, hostname, shell, director, addresses: nodeAddresses(names) });
  undo.push(() => ssh.close());
  return { ssh, exec };
}
