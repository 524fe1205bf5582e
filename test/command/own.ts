import type { OwnProcess } from '../../harness/model/own-process.ts';

/** What main would hand down of this process. */
export const OWN: OwnProcess = {
  pid: process.pid,
  execPath: process.execPath,
  environment: { PATH: process.env.PATH ?? '' },
  kill: (pid, signal) => void process.kill(pid, signal),
};
