import { type CommandResult, failed, printed } from '../../../physics/commands.ts';
import { NO_SEV, type NodeSevInfo } from '../../../physics/node-sev-info.ts';
import { disks, inactive, information, nics, textOf } from './domain-tables.ts';
import type { Domain } from './launcher.ts';

/** The session daemon of one launcher. */
export interface Libvirt {
  /** The domain that runs or is paused. */
  readonly domain: Domain | undefined;
  readonly firmware: { readonly apiMajor: number; readonly apiMinor: number; readonly build: number };
  readonly version: { readonly libvirt: string; readonly qemu: string };
  capabilities(): string;
  /** @throws Error when the host cannot run SEV guests. */
  sevInfo(): NodeSevInfo;
}

/** `virsh [-c URI] COMMAND …`, as libvirt's session daemon in a launcher answers. */
export function runVirsh(argv: readonly string[], libvirt: Libvirt): CommandResult {
  const { uri, words } = connection(argv);
  if (['--version', '-v', '-V'].includes(words[0] ?? '')) return printed(`${libvirt.version.libvirt}\n`);
  const refusal = refusalOf(uri);
  if (refusal !== undefined) return failed(1, refusal);
  // One argument may hold a whole line, even several commands.
  const [line = ''] = words;
  const commands = words.length === 1 ? line.split(';').map((each) => each.trim().split(/\s+/)) : [words];
  let all = printed('');
  for (const command of commands) {
    const one = runCommand(command, libvirt);
    all = { ...one, stdout: all.stdout + one.stdout, stderr: all.stderr + one.stderr };
    if (one.exitCode !== 0) break;
  }
  return all;
}

function runCommand([command = '', ...rest]: readonly string[], libvirt: Libvirt): CommandResult {
  const handler = COMMANDS[command];
  if (handler === undefined) return failed(1, `error: unknown command: '${command}'\n`);
  const named = rest.find((word) => word.startsWith('--domain='))?.slice('--domain='.length);
  const target = named ?? rest.find((word) => !word.startsWith('-'));
  if (target === undefined && OF_A_DOMAIN.has(command))
    return failed(1, `error: command '${command}' requires <domain> option\n`);
  return handler(target, libvirt, rest);
}

function connection(argv: readonly string[]): { readonly uri: string; readonly words: readonly string[] } {
  const words: string[] = [];
  let uri = 'qemu:///session';
  for (const [at, word] of argv.entries()) {
    const before = argv[at - 1];
    if (before === '-c' || before === '--connect') uri = word;
    else if (word.startsWith('--connect=')) uri = word.slice('--connect='.length);
    else if (!['-c', '--connect', '-q', '-r', '--quiet', '--readonly'].includes(word)) words.push(word);
  }
  return { uri, words };
}

/** Only the session's socket is there: launchers do not run as root. */
function refusalOf(uri: string): string | undefined {
  if (/^qemu(\+unix)?:\/\/\/session(\?|$)/.test(uri)) return undefined;
  const failed = 'error: failed to connect to the hypervisor\n';
  if (/^qemu(\+unix)?:\/\/\/system/.test(uri))
    return `${failed}error: Failed to connect socket to '/var/run/libvirt/virtqemud-sock': No such file or directory\n`;
  return `${failed}error: no connection driver available for ${uri}\n`;
}

type Command = (target: string | undefined, libvirt: Libvirt, words: readonly string[]) => CommandResult;

const COMMANDS: Readonly<Record<string, Command>> = {
  dumpxml: (target, libvirt, words) =>
    withDomain(({ xml }) => printed(words.includes('--inactive') ? inactive(xml) : xml))(target, libvirt, words),
  domstate: withDomain((domain) => printed(`${domain.state}\n\n`)),
  domid: withDomain(() => printed('1\n\n')),
  domname: withDomain(({ name }) => printed(`${name}\n\n`)),
  domuuid: withDomain(({ xml }) => printed(`${textOf(xml, 'uuid')}\n\n`)),
  dominfo: withDomain((domain) => information(domain)),
  domblklist: withDomain(({ xml }) => disks(xml)),
  domiflist: withDomain(({ xml }) => nics(xml)),
  uri: () => printed('qemu:///session\n\n'),
  domlaunchsecinfo: withDomain((domain, libvirt) => launchInfo(domain, libvirt)),
  list: (_, { domain }, words) => list(domain, words),
  domcapabilities: (_, { capabilities }) => printed(`${capabilities()}\n`),
  nodesevinfo: (_, libvirt) => nodeInfo(libvirt),
  version: (_, { version: { libvirt, qemu } }) =>
    printed(
      `Compiled against library: libvirt ${libvirt}\nUsing library: libvirt ${libvirt}\nUsing API: QEMU ${libvirt}\nRunning hypervisor: QEMU ${qemu}\n\n`,
    ),
};

const OF_A_DOMAIN = new Set(
  'dumpxml domstate domid domname domuuid dominfo domblklist domiflist domlaunchsecinfo'.split(' '),
);

function withDomain(answer: (domain: Domain, libvirt: Libvirt) => CommandResult): Command {
  return (target = '', libvirt) => {
    const { domain } = libvirt;
    const found = domain !== undefined && [domain.name, '1', textOf(domain.xml, 'uuid')].includes(target);
    return found ? answer(domain, libvirt) : failed(1, `error: failed to get domain '${target}'\n`);
  };
}

function list(domain: Domain | undefined, words: readonly string[]): CommandResult {
  const only = (text: string | undefined) => printed(text === undefined ? '\n' : `${text}\n\n`);
  if (words.includes('--name')) return only(domain?.name);
  if (words.includes('--uuid')) return only(domain && textOf(domain.xml, 'uuid'));
  if (words.includes('--id')) return only(domain && '1');
  const width = Math.max(4, domain?.name.length ?? 0) + 3;
  const head = ` ${'Id'.padEnd(5)}${'Name'.padEnd(width)}State\n${'-'.repeat(width + 12)}\n`;
  const row = domain === undefined ? '' : ` ${'1'.padEnd(5)}${domain.name.padEnd(width)}${domain.state}\n`;
  return printed(`${head}${row}\n`);
}

function nodeInfo({ sevInfo }: Libvirt): CommandResult {
  let info: NodeSevInfo;
  try {
    info = sevInfo();
  } catch {
    return failed(1, NO_SEV);
  }
  return printed(
    table({
      pdh: info.pdh,
      'cert-chain': info.certChain,
      'cpu0-id': info.cpu0Id,
      cbitpos: info.cbitpos,
      'reduced-phys-bits': info.reducedPhysBits,
      'max-guests': info.maxGuests,
      'max-es-guests': info.maxEsGuests,
    }),
  );
}

/** What libvirt tells of a launch is in the words of the XML: the policy is read from there. */
function launchInfo(domain: Domain, { firmware }: Libvirt): CommandResult {
  const policy = policyOf(domain.xml);
  if (policy === undefined)
    return failed(1, 'error: operation failed: launch security type is not set for this domain\n');
  const prefix = /<launchSecurity type='sev-snp'/.test(domain.xml) ? 'sev-snp' : 'sev';
  return printed(
    table({
      [`${prefix}-api-major`]: firmware.apiMajor,
      [`${prefix}-api-minor`]: firmware.apiMinor,
      [`${prefix}-build-id`]: firmware.build,
      [`${prefix}-policy`]: policy,
    }),
  );
}

/** The launch policy of a live domain's XML; undefined without launchSecurity. */
export function policyOf(xml: string): number | undefined {
  const text = /<launchSecurity[\s\S]*?<policy>(0x[0-9a-fA-F]+)<\/policy>/.exec(xml)?.[1];
  return text === undefined ? undefined : Number(text);
}

function table(rows: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(rows).map(([key, value]) => `${key.padEnd(15)}: ${value}\n`);
  return `${lines.join('')}\n`;
}
