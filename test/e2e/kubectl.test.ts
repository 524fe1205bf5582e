import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { after, before, describe, it } from 'mocha';
import { needKubectl } from '../programs.ts';
import { type Sim, startSim } from './cli.ts';

/** One command, as typed after `kubectl`, and what a real cluster answers: exit code, and patterns of stdout or stderr. */
interface Step {
  readonly run: string;
  readonly input?: string;
  readonly exit?: number;
  readonly says: readonly (RegExp | string)[];
  readonly saysNot?: readonly RegExp[];
}

const CONFIG = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: play, labels: {app: web}}
data: {colour: red, size: "1"}
`;

const PODS = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: play}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "registry.example/web:1", ports: [{containerPort: 80}]}]
`;

const VMI = `apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata: {name: snp, namespace: play}
spec:
  terminationGracePeriodSeconds: 0
  domain:
    launchSecurity: {snp: {}}
    firmware: {bootloader: {efi: {secureBoot: false}}}
    memory: {guest: 1Gi}
    devices: {disks: [{name: root, disk: {bus: virtio}}], interfaces: [{name: default, masquerade: {}}]}
  networks: [{name: default, pod: {}}]
  volumes: [{name: root, containerDisk: {image: "quay.io/kubevirt/fedora-with-test-tooling-container-disk:v1.9.0"}}]
`;

const steps = (mirror: string): readonly Step[] => [
  { run: 'version', says: [/Server Version: v1\.\d+/] },
  { run: 'cluster-info', says: [/control plane.* is running at https:\/\/127\.0\.0\.1/] },
  { run: 'api-resources', says: [/configmaps\s+cm\s+v1\s+true\s+ConfigMap/, /deployments\s+deploy\s+apps\/v1/] },
  { run: 'api-versions', says: ['coordination.k8s.io/v1'] },
  { run: 'get nodes', says: [/NAME\s+STATUS\s+ROLES\s+AGE\s+VERSION/, /Ready/] },
  { run: 'get nodes -o wide', says: [/KERNEL-VERSION/, /6\.11\.0-rc3-snp-host/] },
  { run: 'describe node', says: [/Capacity:/, /Kernel Version:\s+6\.11\.0/, /Conditions:/] },
  { run: 'auth can-i create pods', says: ['yes'] },
  { run: 'auth can-i list secrets --as nobody', exit: 1, says: ['no'] },
  { run: 'auth whoami', says: [/Username\s+\S+/, 'system:masters'] },
  { run: 'create namespace play', says: ['namespace/play created'] },
  { run: 'create namespace play', exit: 1, says: ['AlreadyExists', 'namespaces "play" already exists'] },
  { run: 'get ns play -o jsonpath={.status.phase}', says: ['Active'] },
  { run: 'apply -f -', input: CONFIG, says: ['configmap/settings created'] },
  { run: 'apply -f -', input: CONFIG, says: ['configmap/settings unchanged'] },
  { run: 'apply -f -', input: CONFIG.replace('red', 'blue'), says: ['configmap/settings configured'] },
  { run: 'get cm settings -n play -o jsonpath={.data.colour}', says: ['blue'] },
  { run: 'diff -f -', input: CONFIG, exit: 1, says: [/-.*blue/, /\+.*red/] },
  { run: 'apply --server-side --field-manager=other -f -', input: CONFIG, exit: 1, says: ['conflict', '.data.colour'] },
  {
    run: 'apply --server-side --field-manager=other --force-conflicts -f -',
    input: CONFIG,
    says: ['serverside-applied'],
  },
  { run: 'apply --dry-run=server -f -', input: CONFIG.replace('red', 'green'), says: ['(server dry run)'] },
  { run: 'apply -f -', input: CONFIG.replace('\ndata:', '\ndtaa:'), exit: 1, says: ['unknown field "dtaa"'] },
  { run: 'label cm settings -n play tier=front', says: ['configmap/settings labeled'] },
  { run: 'get cm -n play -l tier=front,app in (web) -o name', says: ['configmap/settings'] },
  { run: 'annotate cm settings -n play note=hello', says: ['configmap/settings annotated'] },
  { run: 'patch cm settings -n play --type merge -p {"data":{"size":"2"}}', says: ['configmap/settings patched'] },
  {
    run: 'patch cm settings -n play --type json -p [{"op":"test","path":"/data/size","value":"9"}]',
    exit: 1,
    says: [/request|Invalid/],
  },
  { run: 'create secret generic pass -n play --from-literal=word=hunter2', says: ['secret/pass created'] },
  { run: 'get secret pass -n play -o jsonpath={.data.word}', says: [Buffer.from('hunter2').toString('base64')] },
  { run: 'create configmap more -n play --from-literal=a=b', says: ['configmap/more created'] },
  { run: 'create serviceaccount bot -n play', says: ['serviceaccount/bot created'] },
  { run: 'create token bot -n play', says: [/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/m] },
  {
    run: 'create role reader -n play --verb=get,list --resource=pods',
    says: ['role.rbac.authorization.k8s.io/reader created'],
  },
  { run: 'create rolebinding bot-reads -n play --role=reader --serviceaccount=play:bot', says: ['created'] },
  { run: 'auth can-i list pods -n play --as system:serviceaccount:play:bot', says: ['yes'] },
  { run: 'auth can-i delete pods -n play --as system:serviceaccount:play:bot', exit: 1, says: ['no'] },
  { run: 'apply -f -', input: PODS, says: ['deployment.apps/web created'] },
  { run: 'rollout status deploy/web -n play --timeout=20s', says: ['successfully rolled out'] },
  { run: 'get pods -n play -l app=web', says: [/NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE/, /web-\S+\s+1\/1\s+Running/] },
  { run: 'wait pod -n play -l app=web --for=condition=Ready --timeout=20s', says: [/pod\/web-\S+ condition met/] },
  { run: 'describe deploy web -n play', says: [/Replicas:\s+2 desired/, 'ScalingReplicaSet'] },
  { run: 'scale deploy web -n play --replicas=1', says: ['deployment.apps/web scaled'] },
  { run: 'explain pod.spec.nodeSelector', says: [/KIND:\s+Pod/, /nodeSelector/] },
  {
    run: `apply -f ${join(mirror, 'v1.9.0', 'kubevirt-operator.yaml')}`,
    says: ['deployment.apps/virt-operator created'],
  },
  { run: 'wait crd kubevirts.kubevirt.io --for=condition=Established --timeout=20s', says: ['condition met'] },
  { run: `apply -f ${join(mirror, 'v1.9.0', 'kubevirt-cr.yaml')}`, says: ['kubevirt.kubevirt.io/kubevirt created'] },
  { run: 'wait kv kubevirt -n kubevirt --for=condition=Available --timeout=30s', says: ['condition met'] },
  { run: 'get kv -A', says: [/kubevirt\s+kubevirt\s+\S+\s+Deployed/] },
  {
    run: 'apply -f -',
    input: VMI.replace('snp:', 'snpp:'),
    exit: 1,
    says: ['unknown field "spec.domain.launchSecurity.snpp"'],
  },
  {
    run: 'apply -f -',
    input: VMI.replace(', firmware', '').replace('secureBoot: false', 'secureBoot: true'),
    exit: 1,
    says: ['SNP does not work along with SecureBoot'],
  },
  { run: 'apply -f -', input: VMI, says: ['virtualmachineinstance.kubevirt.io/snp created'] },
  { run: 'wait vmi snp -n play --for=jsonpath={.status.phase}=Running --timeout=30s', says: ['condition met'] },
  { run: 'get vmi -n play', says: [/NAME\s+AGE\s+PHASE\s+IP\s+NODENAME\s+READY/, /snp\s+\S+\s+Running/] },
  { run: 'describe vmi snp -n play', says: ['SEVNotLiveMigratable', 'VirtualMachineInstance started.'] },
  { run: 'exec -n play $LAUNCHER -c compute -- virsh dumpxml play_snp', says: ["<launchSecurity type='sev-snp'>"] },
  { run: 'exec -n play $LAUNCHER -c compute -- sh -c "exit 3"', exit: 3, says: ['exit code 3'] },
  {
    run: 'logs -n play $LAUNCHER -c guest-console-log',
    says: ['Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP'],
  },
  { run: 'logs -n play $LAUNCHER -c nonsense', exit: 1, says: ['container nonsense is not valid for pod'] },
  { run: 'delete vmi snp -n play --timeout=30s', says: ['virtualmachineinstance.kubevirt.io "snp" deleted'] },
  { run: 'get vmi snp -n play', exit: 1, says: ['NotFound'] },
  { run: 'delete kv kubevirt -n kubevirt --timeout=30s', says: ['deleted'] },
  {
    run: `delete -f ${join(mirror, 'v1.9.0', 'kubevirt-operator.yaml')} --ignore-not-found --timeout=30s`,
    says: ['namespace "kubevirt" deleted'],
  },
  { run: 'delete ns play --timeout=30s', says: ['namespace "play" deleted'] },
  { run: 'get pods -A -o name', says: [], saysNot: [/play|kubevirt/] },
];

describe('real kubectl against the simulated API', function () {
  this.timeout(120_000);
  let sim: Sim;
  let kubectl: string;

  before(async function () {
    kubectl = await needKubectl(this);
    sim = await startSim();
  });

  after(async () => await sim?.stop());

  it('behaves as on a real cluster, command by command', async () => {
    const env = { PATH: process.env.PATH ?? '', HOME: sim.manifestMirror, KUBECONFIG: sim.kubeconfig };
    const ask = (args: readonly string[], input?: string) =>
      execa(kubectl, [...args], {
        env,
        extendEnv: false,
        reject: false,
        all: true,
        ...(input === undefined ? { stdin: 'ignore' } : { input }),
      });
    const wrong: string[] = [];
    for (const { run, input, exit = 0, says, saysNot = [] } of steps(sim.manifestMirror)) {
      const launcher = run.includes('$LAUNCHER')
        ? (await ask(['get', 'pod', '-n', 'play', '-l', 'kubevirt.io=virt-launcher', '-o', 'name'])).stdout.trim()
        : '';
      const { exitCode, all } = await ask(words(run.replace('$LAUNCHER', launcher)), input);
      const missing = says.filter((each) => (typeof each === 'string' ? !all.includes(each) : !each.test(all)));
      const extra = saysNot.filter((each) => each.test(all));
      if (exitCode !== exit || missing.length > 0 || extra.length > 0)
        wrong.push(
          `kubectl ${run}: exit ${exitCode} (expected ${exit}), lacks ${missing.join(' and ') || 'nothing'}, has ${extra.join() || 'nothing else'}:\n${all}\n`,
        );
    }
    expect(wrong, wrong.join('\n')).to.deep.equal([]);
  });
});

/** Splits at blanks outside of quotes and of `in (...)`. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"(?=\s|$)|((?:[^\s"(]|"[^"]*"|\([^)]*\)| in (?=\())+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  );
}
