import type { Finding } from '../model/finding.ts';
import type { StopSignal } from '../model/own-process.ts';
import { byPrecedence } from './blame.ts';

/**
 * 0 green, 1 product, 2 usage, 3 infra or internal, 129/130/143 after a real signal.
 * Prow reads 130 as aborted and 127 as a timeout, so neither is used for anything else.
 */
export function exitCode(findings: readonly Finding[], signalName?: StopSignal): number {
  switch (byPrecedence(findings)[0]?.blame) {
    case undefined:
      return 0;
    case 'usage':
      return 2;
    case 'product':
      return 1;
    case 'interrupted':
      return signalName === undefined ? 3 : CODES[signalName];
    case 'internal':
    case 'infra':
      return 3;
  }
}

/** As a shell counts them. */
const CODES: Readonly<Record<StopSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
