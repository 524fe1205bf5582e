import type { Machine, Program } from './environment.ts';
import { FILE_PROGRAMS } from './file-programs.ts';
import { RUNNERS } from './runners.ts';
import { SYSTEM_PROGRAMS } from './system-programs.ts';
import { TEXT_PROGRAMS } from './text-programs.ts';

/** Programs that every machine has. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  ...TEXT_PROGRAMS,
  ...FILE_PROGRAMS,
  ...SYSTEM_PROGRAMS,
  ...RUNNERS,
};

const FOLDERS = /^\/(?:usr\/)?(?:local\/)?s?bin\//;

/** The program of this name or path; undefined when the machine has none. */
export function findProgram(name: string, { programs }: Machine): Program | undefined {
  const bare = name.replace(FOLDERS, '');
  return [programs, PROGRAMS].find((table) => Object.hasOwn(table, bare))?.[bare];
}

/** Where a program lies. */
export function programPath(name: string): string {
  return name.includes('/') ? name : `${ADMINISTRATION.has(name) ? '/usr/sbin' : '/usr/bin'}/${name}`;
}

const ADMINISTRATION = new Set(['sysctl', 'lsmod', 'modprobe']);
