import { homedir, userInfo } from 'node:os';
import type { Environment } from '../model/own-process.ts';
import type { Account } from './request.ts';

/** Who runs this. A container may run as a number that no password database knows: HOME stands in then. */
export function accountOf(env: Environment): Account {
  try {
    const { username, homedir: home, uid } = userInfo();
    return { name: username, home, uid };
  } catch {
    return { name: env.USER ?? env.LOGNAME, home: env.HOME ?? homedir(), uid: -1 };
  }
}
