import type { CheckResult } from '../../model/check.ts';
import { type Check, fatal, type Judgement, judgeAll, note, ok, unread, warning } from '../check.ts';
import type { ThisSide } from './read.ts';

const MIB = 2 ** 20;
/** `engines` of package.json. */
const OLDEST_NODE = [20, 19] as const;
const YEAR_2100 = Date.UTC(2100, 0);

/** Whether the machine that sevlane runs on can do its part. */
export const THIS_SIDE_CHECKS: readonly Check<ThisSide>[] = [
  {
    id: 'this-clock',
    group: 'this side',
    title: 'our own clock is plausible',
    expected: 'a time after sevlane was built',
    why: 'certificates and leases are judged by it',
    judge({ now, builtAt }) {
      const from = 'the clock of this machine';
      const action = 'set the clock';
      if (now.getTime() > YEAR_2100) return fatal(now.toISOString(), from, action);
      if ('problem' in builtAt)
        return unread(`${now.toISOString()}, with nothing to compare: ${builtAt.problem}`, from, 'compare it by hand');
      if (now < builtAt.value)
        return fatal(
          `${now.toISOString()}, before our own files were made: ${builtAt.value.toISOString()}`,
          from,
          action,
        );
      return ok(now.toISOString(), from);
    },
  },
  {
    id: 'this-node-version',
    group: 'this side',
    title: 'Node is new enough',
    expected: `Node ${OLDEST_NODE.join('.')} or later`,
    why: 'older versions lack what sevlane is built on',
    judge({ nodeVersion }) {
      const from = 'process.version on this side';
      const version = /^v(\d+)\.(\d+)\./.exec(nodeVersion ?? '');
      if (version === null) return unread('it was not told', from, 'run node --version');
      const [major, minor] = [Number(version[1]), Number(version[2])];
      const isNew = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
      return isNew ? ok(version.input, from) : fatal(version.input, from, 'update Node');
    },
  },
  {
    id: 'this-dns',
    group: 'this side',
    title: "the node's name, or that of the first host on the way, is resolved here",
    expected: 'an address',
    why: 'names that do not resolve inside of a job have made lanes flaky for days',
    judge({ address }) {
      const from = "this machine's resolver";
      if (address === undefined) return note('no node is reached over SSH', from);
      const { name, found } = address;
      if ('problem' in found)
        return fatal(
          `${name}: ${found.problem}`,
          from,
          'mend /etc/resolv.conf or dnsConfig of the pod, or name an address',
        );
      return ok(found.value === name ? `${name} is an address` : `${name} is ${found.value}`, from);
    },
  },
  {
    id: 'this-key-files',
    group: 'this side',
    title: 'private key files are for their owner alone',
    expected: 'no permission for group or others',
    why: 'who can read the key can log in to the node; and the ssh program refuses such a file',
    judge: judgeKeyFiles,
  },
  {
    id: 'this-disk',
    group: 'this side',
    title: 'disk space is left for artifacts and the run folder',
    expected: '256 MiB free',
    why: 'reports that cannot be written are lost, and the run with them',
    judge: judgeFolders,
  },
  {
    id: 'this-ssh-program',
    group: 'this side',
    title: 'the ssh program is there where it is needed',
    expected: 'an executable, with --ssh-transport openssh',
    why: 'the second transport runs it; the built-in one does not need it',
    judge({ sshProgram }) {
      const from = 'PATH on this side';
      if (sshProgram === undefined) return ok('the built-in transport needs none', from);
      const { name, path } = sshProgram;
      if ('problem' in path)
        return fatal(`${name}: ${path.problem}`, from, 'install an OpenSSH client, or use --ssh-transport builtin');
      return ok(path.value, from);
    },
  },
  {
    id: 'this-open-files',
    group: 'this side',
    title: 'enough files can be open at once',
    expected: '1024 at least',
    why: 'each channel and file counts: beyond the limit connections fail oddly',
    judge({ openFiles }) {
      const from = '/proc/self/limits on this side';
      if ('problem' in openFiles) return unread(openFiles.problem, from, 'look at ulimit -n');
      const read = Number.isFinite(openFiles.value) ? String(openFiles.value) : 'unlimited';
      if (openFiles.value < 128) return fatal(read, from, 'ulimit -n 4096');
      return openFiles.value < 1024 ? warning(read, from, 'ulimit -n 4096') : ok(read, from);
    },
  },
];

/** One row for each check of this side. */
export function thisSideRows(side: ThisSide): readonly CheckResult[] {
  return judgeAll(THIS_SIDE_CHECKS, side);
}

function judgeKeyFiles({ keyFiles }: ThisSide): Judgement {
  const from = 'stat on this side';
  if (keyFiles.length === 0) return note('no key file is used', from);
  const modes = keyFiles.map(({ path, mode }) => ({
    path,
    mode,
    text: 'value' in mode ? octal(mode.value) : mode.problem,
  }));
  const read = modes.map(({ path, text }) => `${path} ${text}`).join(', ');
  const dark = modes.find(({ mode }) => 'problem' in mode);
  if (dark !== undefined) return unread(read, from, `see that ${dark.path} can be read`);
  const open = modes.filter(({ mode }) => 'value' in mode && (mode.value & 0o077) !== 0);
  if (open.length === 0) return ok(read, from);
  const paths = open.map(({ path }) => path).join(' ');
  return warning(read, from, `chmod 600 ${paths}; for a mounted secret defaultMode: 0400`);
}

function judgeFolders({ folders }: ThisSide): Judgement {
  const from = 'statfs on this side';
  const told = folders.map(({ path, freeBytes }) => {
    return {
      path,
      freeBytes,
      text: 'value' in freeBytes ? `${Math.floor(freeBytes.value / MIB)} MiB` : freeBytes.problem,
    };
  });
  const read = told.map(({ path, text }) => `${path} ${text}`).join(', ');
  if (told.length === 0 || told.some(({ freeBytes }) => 'problem' in freeBytes))
    return unread(read || 'no folder is named', from, 'look at it with df');
  const free = Math.min(...told.map(({ freeBytes }) => ('value' in freeBytes ? freeBytes.value : 0)));
  const action = 'make room, or name another folder with --artifacts';
  if (free < 32 * MIB) return fatal(read, from, action);
  return free < 256 * MIB ? warning(read, from, action) : ok(read, from);
}

function octal(mode: number): string {
  return `0${mode.toString(8).padStart(3, '0')}`;
}
