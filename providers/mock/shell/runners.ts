import type { Call, Program } from './environment.ts';
import { subshell } from './environment.ts';

/** Programs that run other commands. */
export const RUNNERS: Readonly<Record<string, Program>> = {
  sudo,
  bash: runShell,
  sh: runShell,
  env: ({ args, shell, run, ...streams }) => {
    const words = args.filter((arg, index) => !(arg.startsWith('-') || (/^\w+=/.test(arg) && index < args.length)));
    return words.length === 0 ? environment(streams.out, shell.user) : run(words, shell, streams);
  },
  nice: ({ args, shell, run, ...streams }) => run(args[0] === '-n' ? args.slice(2) : args, shell, streams),
  nohup: ({ args, shell, run, ...streams }) => run(args, shell, streams),
  timeout,
  xargs,
  sleep,
  date: ({ args, out, shell }) => {
    out(`${formatDate(shell.machine.now(), args)}\n`);
    return 0;
  },
};

/** Nobody is asked for a password: root and the members of wheel need none here. */
export async function sudo({ args, shell, run, script, ...streams }: Call): Promise<number> {
  const rest = [...args];
  while (rest[0]?.startsWith('-')) {
    const flag = rest.shift() ?? '';
    if (flag === '-u' || flag === '-g') rest.shift();
    if (flag === '-v') return 0;
    if (flag === '--') break;
  }
  const [name] = rest;
  if (name === undefined) {
    streams.err('usage: sudo -h | -K | -k | -V\n');
    return 1;
  }
  const elevated = { ...subshell(shell), user: 'root' };
  let missing = false;
  const err = (text: string) => {
    const isMissing = text.endsWith(`: ${name}: command not found\n`);
    missing ||= isMissing;
    streams.err(isMissing ? `sudo: ${name}: command not found\n` : text);
  };
  const status = await run(rest, elevated, { ...streams, err });
  return missing ? 1 : status;
}

/** `bash` and `sh`: run a script given as an argument or as input. */
export async function runShell({ args, shell, script, stdin, out, err, name }: Call): Promise<number> {
  const inner = { ...subshell(shell), self: `${name.replace(/^.*\//, '')}: line 1`, options: new Set<string>() };
  const rest = [...args];
  let text: string | undefined;
  while (rest[0]?.startsWith('-')) {
    const flag = rest.shift() ?? '';
    if (flag.startsWith('--')) continue;
    if (flag.includes('e')) inner.options.add('errexit');
    if (flag.includes('u')) inner.options.add('nounset');
    if (flag === '-o') inner.options.add(rest.shift() ?? '');
    if (!flag.endsWith('c')) continue;
    text = rest.shift();
    // After -c the first word is $0.
    inner.variables.set('0', rest.shift() ?? 'bash');
    break;
  }
  if (text === undefined && rest[0] !== undefined && !args.some((arg) => /^-\w*s$/.test(arg))) {
    err(`${name}: ${rest[0]}: No such file or directory\n`);
    return 127;
  }
  inner.positional = rest;
  const given = text ?? (await stdin());
  return await script(given, inner, { stdin: text === undefined ? async () => '' : stdin, out, err });
}

function environment(out: (text: string) => void, user: string): number {
  out(`SHELL=/bin/bash\nUSER=${user}\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin\nLANG=C.UTF-8\n`);
  return 0;
}

async function timeout({ args, shell, run, ...streams }: Call): Promise<number> {
  const rest = args.filter((arg, index) => !(index === 0 && arg.startsWith('-')));
  const [limit = '0', ...words] = rest;
  const over = new AbortController();
  const work = new AbortController();
  const inner = { ...shell, signal: AbortSignal.any([shell.signal, work.signal]) };
  const expired = shell.machine.sleep(seconds(limit) * 1000, over.signal).then(() => {
    if (over.signal.aborted) return undefined;
    work.abort(new Error('timeout'));
    return 124;
  });
  try {
    const first = await Promise.race([run(words, inner, streams).catch(() => 124), expired]);
    shell.signal.throwIfAborted();
    return first ?? 124;
  } finally {
    over.abort();
  }
}

async function xargs({ args, shell, run, ...streams }: Call): Promise<number> {
  const rest = [...args];
  let size = Number.POSITIVE_INFINITY;
  while (rest[0]?.startsWith('-')) {
    const flag = rest.shift() ?? '';
    if (flag.startsWith('-n')) size = Number(flag.slice(2) || rest.shift());
  }
  const items = (await streams.stdin()).split(/\s+/).filter((item) => item !== '');
  const command = rest.length === 0 ? ['echo'] : rest;
  let status = 0;
  for (let at = 0; at < Math.max(1, items.length); at += size) {
    const one = await run([...command, ...items.slice(at, at + size)], shell, { ...streams, stdin: async () => '' });
    if (one !== 0) status = 123;
  }
  return status;
}

async function sleep({ args, shell, err }: Call): Promise<number> {
  const wrong = args.find((arg) => !/^(\d+(\.\d+)?[smhd]?|inf(inity)?)$/.test(arg));
  if (wrong !== undefined || args.length === 0) {
    err(
      wrong === undefined
        ? 'sleep: missing operand\n'
        : `sleep: invalid time interval '${wrong}'\nTry 'sleep --help' for more information.\n`,
    );
    return 1;
  }
  const total = args.reduce((sum, arg) => sum + seconds(arg), 0);
  await shell.machine.sleep(total * 1000, shell.signal);
  shell.signal.throwIfAborted();
  return 0;
}

function seconds(text: string): number {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
  return (text.startsWith('inf') ? Number.POSITIVE_INFINITY : Number.parseFloat(text)) * (units[text.slice(-1)] ?? 1);
}

function formatDate(now: Date, args: readonly string[]): string {
  const format = args.find((arg) => arg.startsWith('+'))?.slice(1);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = DAYS[now.getUTCDay()] ?? '';
  const month = MONTHS[now.getUTCMonth()] ?? '';
  const time = `${two(now.getUTCHours())}:${two(now.getUTCMinutes())}:${two(now.getUTCSeconds())}`;
  if (args.some((arg) => /^(-Is|-Iseconds|--iso-8601=seconds)$/.test(arg)))
    return now.toISOString().replace(/\.\d+Z$/, '+00:00');
  if (format === undefined)
    return `${day} ${month} ${String(now.getUTCDate()).padStart(2)} ${time} UTC ${now.getUTCFullYear()}`;
  const parts: Readonly<Record<string, string>> = {
    s: String(Math.floor(now.getTime() / 1000)),
    N: `${String(now.getUTCMilliseconds()).padStart(3, '0')}000000`,
    Y: String(now.getUTCFullYear()),
    m: two(now.getUTCMonth() + 1),
    d: two(now.getUTCDate()),
    H: two(now.getUTCHours()),
    M: two(now.getUTCMinutes()),
    S: two(now.getUTCSeconds()),
    F: now.toISOString().slice(0, 10),
    T: time,
    Z: 'UTC',
    z: '+0000',
  };
  return format.replace(/%(\w)/g, (all, letter: string) => parts[letter] ?? all);
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
