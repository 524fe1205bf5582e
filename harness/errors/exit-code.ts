import type { Finding } from '../model/finding.ts';
import { byPrecedence } from './blame.ts';

/**
 * 0 green, 1 product, 2 usage, 3 infra or internal, 130/143 after a real signal.
 * Prow reads 130 as aborted and 127 as a timeout, so neither is used for anything else.
 */
export function exitCode(findings: readonly Finding[], signalName?: 'SIGINT' | 'SIGTERM'): number {
  switch (byPrecedence(findings)[0]?.blame) {
    case undefined:
      return 0;
    case 'usage':
      return 2;
    case 'product':
      return 1;
    case 'interrupted':
      return signalName === undefined ? 3 : signalName === 'SIGINT' ? 130 : 143;
    case 'internal':
    case 'infra':
      return 3;
  }
}
