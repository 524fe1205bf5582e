import { InfraError } from '../errors/errors.ts';

/** What the probe read, by file or command. */
export interface Readings {
  /** The content without surrounding blank lines; undefined when it was absent or unreadable. */
  text(name: string): string | undefined;
  /** `read`, or why not. */
  state(name: string): 'read' | 'absent' | 'unreadable';
}

interface Probe {
  readonly mark: string;
  /** Names the probe in errors. */
  readonly what: string;
  readonly stderr: string;
}

/**
 * Takes the probe's output apart; whatever a banner, a profile script or the shell printed in between is passed over.
 * @throws InfraError when the output is not that of the probe, or was cut.
 */
export function parseReadings(output: string, { mark, what, stderr }: Probe): Readings {
  const sections = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of output.split('\n')) {
    if (!line.startsWith(`${mark} `)) {
      current?.push(line);
      continue;
    }
    const name = line.slice(mark.length + 1).trim();
    if (name === 'absent' || name === 'unreadable') {
      current?.push(line);
      continue;
    }
    current = [];
    sections.set(name, current);
  }
  if (!sections.has('end')) throw notAnswered(output, what, stderr);
  const lines = (name: string) => sections.get(name) ?? [`${mark} absent`];
  const state = (name: string) => {
    if (lines(name).includes(`${mark} absent`)) return 'absent';
    return lines(name).includes(`${mark} unreadable`) ? 'unreadable' : 'read';
  };
  return {
    state,
    text: (name) =>
      state(name) === 'read'
        ? lines(name)
            .join('\n')
            .replace(/^\n+|\n+$/g, '')
        : undefined,
  };
}

function notAnswered(output: string, what: string, stderr: string): InfraError {
  const said = [stderr, output].map((text) => text.trim().split('\n').at(-1)?.slice(0, 200)).find((line) => line);
  return new InfraError(
    `${what}: the node's shell did not do the whole probe; it last said ${said ? `"${said}"` : 'nothing'}`,
    {
      hint: 'the login shell of that user must be a POSIX shell, and no forced command may be in the way',
    },
  );
}
