/** What OVMF writes to the serial port before the kernel starts; the escape sequences clear the screen. */
export const FIRMWARE_TEXT = [
  '\x1b[2J\x1b[01;01H\x1b[=3h\x1b[2J\x1b[01;01H',
  'BdsDxe: loading Boot0001 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x2,0x3)/Pci(0x0,0x0)',
  'BdsDxe: starting Boot0001 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x2,0x3)/Pci(0x0,0x0)',
  '',
].join('\n');

const up = (what: string) => `[\x1b[0;32m  OK  \x1b[0m] ${what}`;

/** systemd's lines on the console until the login prompt. */
export const STARTUP_TEXT: readonly string[] = [
  up('Started \x1b[0;1;39msystemd-journald.service\x1b[0m - Journal Service.'),
  up('Reached target \x1b[0;1;39mlocal-fs.target\x1b[0m - Local File Systems.'),
  up('Finished \x1b[0;1;39msystemd-tmpfiles-setup.service\x1b[0m - Create Volatile Files and Directories.'),
  up('Reached target \x1b[0;1;39msysinit.target\x1b[0m - System Initialization.'),
  up('Started \x1b[0;1;39mdbus-broker.service\x1b[0m - D-Bus System Message Bus.'),
  up('Started \x1b[0;1;39mNetworkManager.service\x1b[0m - Network Manager.'),
  up('Reached target \x1b[0;1;39mnetwork-online.target\x1b[0m - Network is Online.'),
  up('Started \x1b[0;1;39msshd.service\x1b[0m - OpenSSH server daemon.'),
  up('Started \x1b[0;1;39mserial-getty@ttyS0.service\x1b[0m - Serial Getty on ttyS0.'),
  up('Reached target \x1b[0;1;39mmulti-user.target\x1b[0m - Multi-User System.'),
];

/** systemd's lines on the way down. */
export const SHUTDOWN_TEXT: readonly string[] = [
  up('Stopped target \x1b[0;1;39mmulti-user.target\x1b[0m - Multi-User System.'),
  up('Stopped \x1b[0;1;39msshd.service\x1b[0m - OpenSSH server daemon.'),
  up('Unmounted \x1b[0;1;39mboot.mount\x1b[0m - /boot.'),
  up('Reached target \x1b[0;1;39mumount.target\x1b[0m - Unmount All Filesystems.'),
  up('Reached target \x1b[0;1;39mpoweroff.target\x1b[0m - System Power Off.'),
];

/** A kernel that finds no root file system. */
export const PANIC_TEXT = [
  '[    3.914207] VFS: Cannot open root device "UUID=a4c8a1f2-5e0b-4a9c-9d4d-0f2f3c1b7e55" or unknown-block(0,0): error -6',
  '[    3.914982] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)',
  '[    3.915561] CPU: 0 PID: 1 Comm: swapper/0 Not tainted',
  '[    3.916204] Call Trace:',
  '[    3.916470]  <TASK>',
  '[    3.916702]  dump_stack_lvl+0x47/0x60',
  '[    3.917109]  panic+0x17c/0x350',
  '[    3.917455]  mount_root_generic+0x1ac/0x340',
  '[    3.917893]  prepare_namespace+0x65/0x270',
  '[    3.918312]  kernel_init_freeable+0x27b/0x2c0',
  '[    3.918761]  ret_from_fork_asm+0x1b/0x30',
  '[    3.919190]  </TASK>',
  '[    3.919480] Kernel Offset: 0x2c000000 from 0xffffffff81000000 (relocation range: 0xffffffff80000000-0xffffffffbfffffff)',
  '[    3.920471] ---[ end Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0) ]---',
  '',
].join('\n');
