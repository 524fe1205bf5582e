import type { RunConfig } from '../../config/run-config.ts';
import type { HostState } from '../../host/state.ts';
import { parseQuantity } from '../../kubevirt/quantity.ts';
import type { HostExam } from './exam.ts';

/** The lane boots a guest, looks at it and ends it before the next one. */
const GUESTS_AT_ONCE = 1;

/** What the host is examined for with these settings. */
export function hostExam({ guest }: RunConfig, state: HostState): HostExam {
  return { state, guestBytes: parseQuantity(guest.memory) ?? 0, guestsAtOnce: GUESTS_AT_ONCE };
}
