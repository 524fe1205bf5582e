import { PassThrough } from 'node:stream';
import { untilStopped } from '../../clock.ts';
import { containerShell } from './container-shell.ts';
import type { Program } from './program.ts';

/** Ended by SIGTERM, as shells count it. */
const STOPPED = 143;

/** How long a task of an image that nobody knows takes, beside what its command sleeps. */
const TASK_MS = 1000;

/** Commands that people give to containers that are to end. */
const COMMANDS = /^(?:\/(?:usr\/)?bin\/)?(?:ba|da)?(?:sh|true|false|echo|sleep|cat|printf|hostname|uname)$/;

/**
 * What an unknown image does. A task (an init container, a Job's pod, or a well-known command that is not to be
 * restarted for ever) is carried out as far as the container's shell understands it, and sleeps as long as it says;
 * everything else just runs.
 */
export function plainProgram(policy: 'Always' | 'OnFailure' | 'Never', isInit: boolean): Program {
  return async ({ args, clock, signal, write, container, pod, node }) => {
    const [name = '', ...rest] = args;
    const isTask = isInit || (pod.metadata.ownerReferences?.some((owner) => owner.kind === 'Job') ?? false);
    if (policy === 'Always' || !(isTask || COMMANDS.test(name))) return await untilStopped(signal).then(() => 0);
    await clock.sleep(TASK_MS, signal);
    if (signal.aborted) return STOPPED;
    const output = new PassThrough();
    output.on('data', (chunk) => write(String(chunk)));
    const streams = { stdin: new PassThrough().end(), stdout: output, stderr: output, signal };
    const run = containerShell({
      hostname: pod.metadata.name ?? container,
      kernel: node.profile.kernel,
      clock,
      user: 'root',
    });
    const code = (await run([name, ...rest], streams)) ?? 0;
    return signal.aborted ? STOPPED : code;
  };
}
