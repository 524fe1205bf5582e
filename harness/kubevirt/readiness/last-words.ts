import type { KubeClient } from '../../kube/client.ts';
import { resourcePath } from '../../kube/objects.ts';
import type { Cause } from './cause.ts';

const TAIL_LINES = 20;
const LOG_MS = 10_000;
const LONGEST = 300;

/** The end of what a crashed container said in its last life; undefined when nobody has it any more. */
export async function previousLog(
  client: KubeClient,
  { namespace, pod, container }: NonNullable<Cause['crashed']>,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const path = resourcePath({ apiVersion: 'v1', plural: 'pods', namespace, name: pod, subresource: 'log' });
  try {
    const query = { container, previous: true, tailLines: TAIL_LINES };
    const text = await client.text(path, { signal, timeoutMs: LOG_MS, query });
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return lines.length === 0 ? undefined : lines;
  } catch {
    // The log only explains: what it was asked for is known without it.
    signal.throwIfAborted();
    return undefined;
  }
}

/** The line that tells most: where a Go program panicked, its last fatal or error line, or else its last one. */
export function tellingLine(lines: readonly string[]): string | undefined {
  const found =
    lines.find((line) => /^(panic|fatal error):/.test(line)) ??
    lines.findLast((line) => /"level":"(fatal|error|critical)"|\b(fatal|error)\b/i.test(line)) ??
    lines.at(-1);
  return found === undefined || found.length <= LONGEST ? found : `${found.slice(0, LONGEST)}…`;
}
