// Run by the tests as a process that can be killed: watches children and a file, and says when all stand.
import { spawn } from 'node:child_process';
import { openWatcher } from '../../harness/command/watcher.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { OWN } from './own.ts';

const [folder = '', file = '', mark = '', unnoted] = process.argv.slice(2);
const scope = openScope(() => {});
const watcher = await openWatcher(scope, { own: OWN, folder });
watcher.file(file);
const scripts = [
  // Deaf to the first signal, with a grandchild.
  `trap '' TERM; sh -c 'sleep 300; : ${mark}' & wait; sleep 300; : ${mark}`,
  // Its leader ends at once, and what it has started stays.
  `sh -c 'sleep 300; : ${mark}' & exit 0`,
];
for (const script of scripts) {
  const child = spawn('sh', ['-c', script], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, ...watcher.mark },
  });
  watcher.child(child.pid ?? 0);
}
if (unnoted !== undefined) {
  // Killed before it knew the id of its child.
  watcher.starting();
  const script = `sh -c 'sleep 300; : ${unnoted}' & sleep 300; : ${unnoted}`;
  spawn('sh', ['-c', script], { detached: true, stdio: 'ignore', env: { ...process.env, ...watcher.mark } });
}
process.on('SIGTERM', () => void scope.close().then(() => process.exit(0)));
process.stdout.write('stands\n');
setInterval(() => {}, 60_000);
