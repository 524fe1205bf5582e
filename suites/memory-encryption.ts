import { expect } from 'chai';
import { domainSecurity } from '../harness/kubevirt/domain-xml.ts';
import { kernelFeatures } from '../harness/kubevirt/kernel-log.ts';
import { launcherAsk } from '../harness/kubevirt/launcher.ts';
import { countOf, parseQuantity } from '../harness/kubevirt/quantity.ts';
import { NODE_LABELS, SEV_DEVICE } from '../harness/model/guests.ts';
import { TECHNOLOGIES } from '../harness/model/technology.ts';
import { guestCases, hostCases, suite } from '../harness/suite/guest-cases.ts';

/** KubeVirt adds this to the launcher of every encrypted guest (hypervisor/kvm, v0.59 to v1.9). */
const SEV_OVERHEAD_BYTES = 256 * 2 ** 20;

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

suite('[sig-compute] AMD memory encryption', [
  ...hostCases([
    {
      title: 'the host has it switched on',
      withinMs: 10_000,
      async check({ host, technology, note }) {
        const support = host.support[technology];
        await note('host-facts.json', 'what the host said about itself over SSH', pretty(host));
        expect(support.supported, support.readFrom).to.equal(true);
      },
    },
    {
      title: 'the node is labelled for it and offers the device',
      withinMs: 90_000,
      async check({ host, node, technology, labelValue, signal, note }) {
        const offered = await node.devices(SEV_DEVICE, signal);
        const labels = node.labels();
        await note(
          'node.json',
          'labels of the node and the devices that it offers',
          pretty({ labels, [SEV_DEVICE]: offered }),
        );
        expect(labels[NODE_LABELS[technology]], `label ${NODE_LABELS[technology]} of node ${node.name}`).to.equal(
          labelValue,
        );
        // What only the firmware refuses nobody below KubeVirt knows: libvirt says yes, so the label has to follow it.
        const overclaimed = TECHNOLOGIES.filter(
          (each) =>
            NODE_LABELS[each] in labels && !host.support[each].supported && host.support[each].cause !== 'firmware',
        );
        expect(overclaimed, `labels of node ${node.name} for what its host cannot do`).to.deep.equal([]);
      },
    },
  ]),
  ...guestCases([
    {
      title: 'the API keeps all of launchSecurity',
      withinMs: 30_000,
      async check({ guest, signal, note }) {
        const vmi = await guest.created(signal);
        await note('vmi-created.json', 'the guest as the API keeps it', pretty(vmi));
        expect(vmi.spec.domain.launchSecurity, 'spec.domain.launchSecurity as read back').to.deep.equal(
          guest.spec.launchSecurity,
        );
      },
    },
    {
      title: 'it runs on the node',
      withinMs: 30_000,
      async check({ guest, node, signal, note }) {
        const vmi = await guest.running(signal);
        await note('vmi-running.json', 'the guest as it runs', pretty(vmi));
        expect(vmi.status?.nodeName, 'status.nodeName').to.equal(node.name);
      },
    },
    {
      title: 'its launcher asks the node for what it needs, and for no more',
      withinMs: 60_000,
      async check({ guest, labelValue, signal, note }) {
        const pod = await guest.launcherPod(signal);
        await note('launcher-pod.json', 'selectors, devices and memory that the launcher pod asks for', pretty(pod));
        const { nodeSelector, requests, limits, memoryBytes } = launcherAsk(pod);
        const { nodeLabels, sevDevices } = guest.spec;
        const asked = Object.entries(nodeSelector).filter(([label]) => Object.values(NODE_LABELS).includes(label));
        expect(Object.fromEntries(asked), 'SEV labels in the node selector').to.deep.equal(
          Object.fromEntries(nodeLabels.map((label) => [label, labelValue])),
        );
        expect(
          [requests, limits].map((each) => countOf(each, SEV_DEVICE)),
          SEV_DEVICE,
        ).to.deep.equal([sevDevices, sevDevices]);
        const needed = (parseQuantity(guest.memory) ?? Number.NaN) + sevDevices * SEV_OVERHEAD_BYTES;
        expect(memoryBytes, `memory that the launcher of a guest of ${guest.memory} requests`).to.be.greaterThan(
          needed,
        );
      },
    },
    {
      title: 'its domain XML has the right launch security',
      withinMs: 60_000,
      async check({ guest, signal, note }) {
        const xml = await guest.domainXml(signal);
        await note('domain.xml', 'the live domain XML, from libvirt', xml);
        expect(domainSecurity(xml), '<launchSecurity>').to.deep.equal(guest.spec.domain);
      },
    },
    {
      title: 'its kernel names exactly the features asked for',
      isProof: true,
      withinMs: 180_000,
      async check({ guest, signal, note }) {
        const { text, transcript } = await guest.kernelLog(signal);
        await note('console.txt', 'the dialogue at the serial console', transcript);
        await note('kernel-log.txt', 'features that the guest kernel switched on', text);
        expect(text, 'the kernel log').to.match(/Linux version \d/);
        const { features, line } = kernelFeatures(text);
        expect(features, line ?? 'no line about active memory encryption').to.have.members([
          ...guest.spec.activeFeatures,
        ]);
      },
    },
  ]),
]);
