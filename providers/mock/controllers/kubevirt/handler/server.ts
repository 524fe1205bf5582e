import type { Duplex } from 'node:stream';
import type { VmiObject } from '../vmi.ts';

/** A refusal of virt-handler, as virt-api gets to see it. */
export class HandlerRefusal extends Error {
  override readonly name = 'HandlerRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What virt-api asks the virt-handler of a guest's node for, over port 8186. Everything throws {@link HandlerRefusal}. */
export interface HandlerServer {
  /** The raw serial port; a second caller evicts the first. */
  console(vmi: VmiObject): Duplex;
  pause(vmi: VmiObject): void;
  unpause(vmi: VmiObject): void;
  softReboot(vmi: VmiObject): void;
  certificateChain(): { readonly pdh: string; readonly certChain: string };
  launchMeasurement(vmi: VmiObject): Readonly<Record<string, string | number>>;
  injectLaunchSecret(vmi: VmiObject, secret: { readonly header?: unknown; readonly secret?: unknown }): void;
}
