import type { Program } from './environment.ts';
import { FILE_PROGRAMS } from './file-programs.ts';
import { RUNNERS } from './runners.ts';
import { SYSTEM_PROGRAMS } from './system-programs.ts';
import { TEXT_PROGRAMS } from './text-programs.ts';

const PROGRAMS: Readonly<Record<string, Program>> = {
  ...TEXT_PROGRAMS,
  ...FILE_PROGRAMS,
  ...SYSTEM_PROGRAMS,
  ...RUNNERS,
};

const FOLDERS = /^\/(?:usr\/)?(?:local\/)?s?bin\//;

/** The program of this name or path; undefined when the host has none. */
export function findProgram(name: string): Program | undefined {
  const bare = name.replace(FOLDERS, '');
  return Object.hasOwn(PROGRAMS, bare) ? PROGRAMS[bare] : undefined;
}

/** Where a program lies. */
export function programPath(name: string): string {
  return name.includes('/') ? name : `${ADMINISTRATION.has(name) ? '/usr/sbin' : '/usr/bin'}/${name}`;
}

const ADMINISTRATION = new Set(['sysctl', 'lsmod', 'modprobe']);
