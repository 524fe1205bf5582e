import type { HostFacts } from '../model/host-facts.ts';
import type { Asids } from './asids.ts';
import type { Clock } from './clock.ts';
import type { Cpu, EncryptionLeaf } from './cpu.ts';
import type { EncryptionLog } from './kernel-log.ts';
import type * as parse from './parse.ts';
import type { Reading } from './readings.ts';

/** Files under /dev that the lane needs. */
export type DeviceName = '/dev/kvm' | '/dev/sev' | '/dev/vhost-net';

/** Everything that the probe found out about the host, each with its place, or with why it is not known. */
export interface HostState {
  readonly facts: HostFacts;
  /** Whether the user may do what only root may. */
  readonly isRoot: Reading<boolean>;
  readonly architecture: Reading<string>;
  readonly kernel: Reading<parse.KernelRelease>;
  readonly cpu: Reading<Cpu>;
  /** `none`: the processor has no such leaf, or hides it. */
  readonly leaf: Reading<EncryptionLeaf | 'none'>;
  readonly parameters: Readonly<Record<'sev' | 'sev_es' | 'sev_snp' | 'nested', Reading<boolean>>>;
  readonly hidingAsids: Reading<number>;
  readonly log: Reading<EncryptionLog>;
  readonly asids: Asids;
  readonly commandLine: Reading<readonly string[]>;
  /** Names of the IOMMUs that the kernel uses; empty: none. */
  readonly iommus: Reading<readonly string[]>;
  readonly memory: Reading<parse.Memory>;
  readonly devices: Readonly<Record<DeviceName, Reading<parse.FileNode>>>;
  readonly moduleFolders: Readonly<Record<'kvm' | 'kvm_amd' | 'ccp', Reading<parse.FileNode>>>;
  readonly cgroup: Reading<'v1' | 'v2' | 'hybrid'>;
  /** `none` on bare metal. */
  readonly virtualization: Reading<string>;
  /** Files that container runtimes leave in a container, as far as they are there. */
  readonly containerMarks: readonly string[];
  readonly inotify: {
    readonly maxInstances: Reading<number>;
    readonly maxWatches: Reading<number>;
    readonly use: Reading<parse.InotifyUse>;
  };
  readonly threads: { readonly pidMax: Reading<number>; readonly max: Reading<number>; readonly now: Reading<number> };
  readonly space: Reading<readonly parse.FileSystem[]>;
  readonly inodes: Reading<readonly parse.FileSystem[]>;
  readonly clock: Reading<Clock>;
  /** What the host itself has installed of these; empty: nothing. */
  readonly virtualizer: Readonly<Record<'qemu' | 'libvirt' | 'ovmf', Reading<string>>>;
}
