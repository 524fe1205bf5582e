import type { Guest } from '../../../console/guest.ts';
import type { Encryption } from '../../../physics/host.ts';
import type { VmiObject } from '../vmi.ts';

/** Where a domain is, in libvirt's words. */
export type DomainState = 'running' | 'paused' | 'shutoff';

/** The one domain of a launcher. */
export interface Domain {
  readonly name: string;
  readonly vmi: VmiObject;
  readonly state: DomainState;
  /** What the guest really runs with. */
  readonly encryption: Encryption;
  /** As `virsh dumpxml` prints it. */
  readonly xml: string;
  readonly guest: Guest;
  /** Why it is shut off: by itself or the ACPI button, or by force. */
  readonly ended?: 'shutdown' | 'destroyed' | undefined;
}

/** libvirt or QEMU would not launch the guest; the message is what virt-handler gets to see. */
export class LaunchRefusal extends Error {
  override readonly name = 'LaunchRefusal';
}

/** The command socket of virt-launcher. */
export interface Launcher {
  readonly podUid: string;
  readonly podIP: string;
  /** Undefined: nothing defined yet. */
  domain(): Domain | undefined;
  /** QEMU's log, by the file in which libvirt keeps it; it stays after the domain's end, as long as the container. */
  logFiles(): Readonly<Record<string, string>>;
  /** Hears every change of the domain. Returns the unsubscribe. */
  onChange(listener: () => void): () => void;
  /** Defines and starts the domain. @throws LaunchRefusal */
  syncVmi(vmi: VmiObject): Promise<void>;
  pause(): void;
  resume(): void;
  /** Presses the ACPI power button. */
  shutdown(): void;
  /** Pulls the plug. */
  destroy(): void;
}
