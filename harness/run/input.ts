import type { JobHolder } from '../config/prow.ts';
import { prowLimits } from '../config/prow.ts';
import type { RunConfig } from '../config/run-config.ts';
import type { Subject } from '../doctor/looks.ts';
import type { Redactor } from '../evidence/redact.ts';
import type { RunEvent } from '../model/events.ts';
import type { Provider, Surroundings } from '../provider/contract.ts';

/** Everything that a run needs to know; nothing is read from the process. */
export interface RunInput {
  readonly config: RunConfig;
  readonly provider: Provider;
  /** What the provider may use beside its settings. */
  readonly surroundings?: Surroundings;
  /** Knows what was learnt before. */
  readonly redactor?: Redactor;
  /** Lower-case letters, digits and dashes; the value of the label `sevlane/run`. */
  readonly runId: string;
  /** Folder for the report and the evidence; it exists. */
  readonly artifacts: string;
  /** Folder for what is secret or passing, outside of the artifacts; made and removed by the run. */
  readonly runDir: string;
  /** Who holds the lease, for others to read. */
  readonly holder: JobHolder;
  /** Settings that lead to the node, as they are typed, for whoever looks at what was kept. */
  readonly way?: readonly string[];
  /** Hears all that happens, secrets masked: the report is made of nothing else. */
  readonly sink: (event: RunEvent) => void;
  /** Aborts, with an Interrupted, when the user or Prow wants the run to stop. */
  readonly stop: AbortSignal;
}

/** For whom the doctor looks. */
export function subjectOf({ config, runId, runDir, artifacts, surroundings }: RunInput): Subject {
  const own = surroundings?.own;
  return { config, runId, runDir, artifacts, own, job: prowLimits(own?.environment ?? {}) };
}
