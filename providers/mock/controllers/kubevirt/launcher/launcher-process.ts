import { setMaxListeners } from 'node:events';
import { bootGuest } from '../../../console/guest.ts';
import { effectiveConfig } from '../../../kubevirt/config.ts';
import { launcherCluster } from '../../../kubevirt/launcher/cluster.ts';
import { guestMemoryBytes } from '../../../kubevirt/launcher/domain-cpu.ts';
import { askedEncryption, liveDomainXml, liveHostOf } from '../../../kubevirt/launcher/live-domain-xml.ts';
import { vcpuCount } from '../../../kubevirt/launcher/vmi-traits.ts';
import { NO_GUESTS } from '../../../physics/asids.ts';
import { launcherVirtualizer } from '../../../physics/dom-capabilities.ts';
import { guestBoot, withGuest } from '../../../physics/guest.ts';
import type { Encryption } from '../../../physics/host.ts';
import { grace } from '../../component.ts';
import type { ProgramContext } from '../../kubelet/program.ts';
import { releaseOf } from '../component.ts';
import { machineOf } from '../handler/guest-status.ts';
import type { VmiObject } from '../vmi.ts';
import type { Rendezvous } from '../wiring.ts';
import { guestSystem } from './guest-system.ts';
import { type Domain, type Launcher, LaunchRefusal } from './launcher.ts';
import { type QemuStart, qemuEnds, qemuLogPath, qemuSays, qemuStarts } from './qemu-log.ts';

/** Real durations: libvirt defining the domain, QEMU starting it, the guest's boot, the launcher leaving after it. */
const DEFINE_MS = 400;
const START_MS = 1200;
const BOOT_MS = 15_000;
const LEAVE_MS = 500;

/** What QEMU says when libvirt ends it. */
const TERMINATED = 'qemu-kvm: terminating on signal 15 from pid 21 (/usr/sbin/virtqemud)';

/** The process that holds libvirt, QEMU and the guest of one launcher pod. */
export class LauncherProcess implements Launcher {
  readonly podUid: string;
  readonly podIP: string;
  readonly guestEnded: Promise<void>;
  readonly #context: ProgramContext;
  readonly #others: Rendezvous<Launcher>;
  readonly #listeners = new Set<() => void>();
  readonly #plug = new AbortController();
  #domain: Domain | undefined;
  #qemuLog: { readonly path: string; readonly text: string } | undefined;
  #ended: () => void = () => {};

  /** `others` are the launchers of the same node: they share its ASIDs. */
  constructor(context: ProgramContext, others: Rendezvous<Launcher>) {
    this.podUid = context.pod.metadata.uid ?? '';
    this.podIP = context.podIP;
    this.#context = context;
    this.#others = others;
    setMaxListeners(0, this.#plug.signal);
    this.guestEnded = new Promise((resolve) => {
      this.#ended = resolve;
    });
    const die = () => {
      this.#off('destroyed');
      this.#plug.abort();
    };
    context.killed.addEventListener('abort', die, { once: true });
  }

  domain(): Domain | undefined {
    return this.#domain;
  }

  logFiles(): Readonly<Record<string, string>> {
    return this.#qemuLog === undefined ? {} : { [this.#qemuLog.path]: this.#qemuLog.text };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async syncVmi(vmi: VmiObject): Promise<void> {
    if (this.#domain !== undefined) return;
    const { clock, signal, image } = this.#context;
    const cluster = launcherCluster(effectiveConfig(releaseOf(this.#context)), image.registry);
    const asked = askedEncryption(vmi, cluster);
    await clock.sleep(DEFINE_MS, signal);
    this.#mustFit(vmi, asked);
    await clock.sleep(START_MS, signal);
    if (signal.aborted || this.#domain !== undefined) return;
    const script = this.#context.director.guest(asked);
    const host = liveHostOf(this.#context.node.profile, cluster);
    const xml = liveDomainXml(vmi, { cluster, host, launchSecurity: script.xmlClaims ?? asked });
    this.#start(vmi, asked, xml);
  }

  pause(): void {
    this.#domain?.guest.pause();
    if (this.#domain?.state === 'running') this.#change({ ...this.#domain, state: 'paused' });
  }

  resume(): void {
    this.#domain?.guest.resume();
    if (this.#domain?.state === 'paused') this.#change({ ...this.#domain, state: 'running' });
  }

  shutdown(): void {
    this.#domain?.guest.powerButton();
  }

  destroy(): void {
    this.#off('destroyed');
  }

  /** The pod is to go, or the guest has gone: the guest gets what is left of its grace, then the launcher goes too. */
  async leave(): Promise<void> {
    const { clock, killed } = this.#context;
    const alive = () => this.#domain !== undefined && this.#domain.ended === undefined;
    if (alive()) {
      const seconds = this.#domain?.vmi.spec.terminationGracePeriodSeconds ?? 30;
      if (seconds > 0) this.shutdown();
      else this.destroy();
      const over = new AbortController();
      void this.guestEnded.then(() => over.abort());
      if (alive()) await grace(clock, seconds, AbortSignal.any([over.signal, killed]));
      if (alive()) this.destroy();
    }
    await clock.sleep(LEAVE_MS, killed);
    this.#plug.abort();
  }

  #start(vmi: VmiObject, asked: Encryption, xml: string): void {
    const { clock, director, node, tasks } = this.#context;
    const script = director.guest(asked);
    const encryption = script.really ?? asked;
    const claims = script.kernelClaims ?? encryption;
    const machine = machineOf(xml) ?? 'q35';
    const version = releaseOf(this.#context);
    const system = guestSystem(vmi, { version, machine, claims, encryption, profile: node.profile });
    const paused = vmi.spec.startStrategy === 'Paused';
    const guest = bootGuest({
      ...{ system, clock, paused, issue: system.issue, user: 'fedora', password: 'fedora' },
      bootMs: script.bootMs ?? BOOT_MS,
      misbehaviour: script.console,
      signal: this.#plug.signal,
      poweredOff: () => this.#off('shutdown'),
    });
    tasks.track(guest.ended);
    const name = domainName(vmi);
    this.#logQemu(name, qemuStarts(this.#qemuStart(vmi, asked, machine)));
    this.#change({ name, vmi, encryption, xml, guest, state: paused ? 'paused' : 'running' });
    director.happened(`guest ${asked === 'none' ? 'plain' : asked} booting`);
  }

  /** Every encrypted guest takes an ASID of the node. @throws LaunchRefusal when libvirt or QEMU would not have it */
  #mustFit(vmi: VmiObject, asked: Encryption): void {
    const running = this.#others.all().reduce((count, other) => {
      const domain = other === this ? undefined : other.domain();
      return domain === undefined || domain.ended !== undefined ? count : withGuest(count, domain.encryption);
    }, NO_GUESTS);
    const boot = guestBoot(this.#context.node.profile, asked, running);
    if ('refused' in boot) this.#logRefusal(vmi, asked, boot.error);
    if ('refused' in boot) throw new LaunchRefusal(`server error. command SyncVMI failed: "${boot.error}"`);
  }

  /** QEMU was started and gave up; what libvirt refuses by itself reaches no QEMU, and no log of it. */
  #logRefusal(vmi: VmiObject, asked: Encryption, error: string): void {
    const said = /closed the monitor: ([\s\S]*?)'\)$/.exec(error)?.[1];
    if (said === undefined) return;
    const { clock } = this.#context;
    const name = domainName(vmi);
    this.#logQemu(name, qemuStarts(this.#qemuStart(vmi, asked)));
    this.#logQemu(name, qemuSays(clock.now(), said.split('\n')) + qemuEnds(clock.now(), 'failed'));
  }

  #qemuStart(vmi: VmiObject, encryption: Encryption, machine?: string): QemuStart {
    const { clock, node, pod } = this.#context;
    const version = releaseOf(this.#context);
    const { cpu, kernel } = node.profile;
    const virtualizer = launcherVirtualizer(`${version.major}.${version.minor}`);
    return {
      ...{ at: clock.now(), domain: domainName(vmi), kernel: kernel.release, encryption },
      ...{ libvirt: virtualizer.libvirt, qemu: virtualizer.qemu, machine: machine ?? virtualizer.q35 },
      hostname: pod.metadata.name ?? '',
      memoryMiB: Number(guestMemoryBytes(vmi) / 1_048_576n),
      vcpus: vcpuCount(vmi.spec.domain.cpu),
      policy: { none: 0, sev: 1, 'sev-es': 5, 'sev-snp': 0x30000 }[encryption],
      cbitpos: cpu.cbitpos,
      reducedPhysBits: cpu.reducedPhysBits,
    };
  }

  /** virt-launcher repeats in its own log what QEMU's says. */
  #logQemu(domain: string, text: string): void {
    this.#qemuLog = { path: qemuLogPath(domain), text: (this.#qemuLog?.text ?? '') + text };
    const timestamp = this.#context.clock.now().toISOString();
    for (const msg of text.split('\n').filter(Boolean))
      this.#context.log(
        JSON.stringify({ component: 'virt-launcher', level: 'info', msg, subcomponent: 'qemu', timestamp }),
      );
  }

  #off(ended: 'shutdown' | 'destroyed'): void {
    if (this.#domain === undefined || this.#domain.ended !== undefined) return;
    this.#plug.abort();
    const { clock } = this.#context;
    const killed = ended === 'destroyed' ? qemuSays(clock.now(), [TERMINATED]) : '';
    this.#logQemu(this.#domain.name, killed + qemuEnds(clock.now(), ended));
    this.#change({ ...this.#domain, state: 'shutoff', ended });
    this.#ended();
  }

  #change(domain: Domain): void {
    this.#domain = domain;
    for (const listener of this.#listeners) listener();
  }
}

function domainName({ metadata }: VmiObject): string {
  return `${metadata.namespace}_${metadata.name}`;
}
