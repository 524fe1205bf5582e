import type { Place } from '../../explain/known-text.ts';
import type { KubeClient } from '../../kube/client.ts';
import { execInPod } from '../../kube/exec.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { type Collecting, isLauncher, placeOf } from './collecting.ts';

/** One command may not use up the time of all the others. */
const COMMAND_MS = 20_000;

interface Question {
  readonly file: string;
  readonly what: string;
  readonly command: readonly string[];
  readonly place?: Place;
}

/** Asks libvirt and QEMU in the launcher of each guest, as long as it runs. */
export async function askLaunchers(
  collecting: Collecting,
  client: KubeClient,
  launchers: readonly KubeObject[],
): Promise<void> {
  await Promise.all(
    launchers.filter(isLauncher).flatMap((pod) => questionsFor(pod).map((each) => ask(collecting, client, pod, each))),
  );
}

function questionsFor({ metadata }: KubeObject): readonly Question[] {
  const { labels = {}, annotations = {}, namespace = '' } = metadata;
  const guest = labels['vm.kubevirt.io/name'] ?? annotations['kubevirt.io/domain'] ?? '';
  const domain = `${namespace}_${guest}`;
  const virsh = (...words: readonly string[]) => ['virsh', ...words];
  return [
    { file: 'domain.xml', what: `live domain XML of guest ${guest}`, command: virsh('dumpxml', domain) },
    {
      file: 'qemu.log',
      what: `QEMU's log of guest ${guest}`,
      command: ['sh', '-c', `cat ${qemuLogs(domain)}`],
      place: 'qemu-log',
    },
    {
      file: 'domcapabilities.xml',
      what: "what libvirt and QEMU of the launcher can do on this host (look for <sev supported='yes'>)",
      command: virsh('domcapabilities'),
    },
    {
      file: 'nodesevinfo.txt',
      what: "the host's SEV platform as libvirt in the launcher sees it, with its ASIDs",
      command: virsh('nodesevinfo'),
    },
  ];
}

/** Where libvirt keeps it: of a launcher that does not run as root first, as all do by default since KubeVirt v0.59. */
function qemuLogs(domain: string): string {
  const [session, system] = ['/var/run/kubevirt-private/libvirt/qemu/log', '/var/log/libvirt/qemu'];
  // A namespace and a name hold nothing that a shell would understand.
  return `${session}/${domain}.log 2>/dev/null || cat ${system}/${domain}.log`;
}

async function ask(collecting: Collecting, client: KubeClient, pod: KubeObject, question: Question): Promise<void> {
  const { file, what, command, place } = question;
  const { name = '', namespace = '' } = pod.metadata;
  const from = `\`${command.join(' ')}\` in container compute of pod ${placeOf(pod)}`;
  await collecting.take({ what, from }, async () => {
    const { code, stdout, stderr } = await execInPod(collecting.scope.narrowed(collecting.signal), client, {
      ...{ namespace, pod: name, container: 'compute', command },
      withinMs: COMMAND_MS,
      isRepeatable: true,
    });
    if (code !== 0) throw new Error(`it ended with ${code}: ${stderr.trim() || stdout.trim() || 'without a word'}`);
    return { file: `guest/${name}/${file}`, text: stdout, ...(place === undefined ? {} : { place }) };
  });
}
