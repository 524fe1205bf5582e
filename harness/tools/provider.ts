import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError, UsageError } from '../errors/errors.ts';
import { openScope, type Scope } from '../scope/scope.ts';
import type { ToolInput } from './command.ts';
import { takeDown } from './provider-down.ts';
import { kubeconfigOf } from './provider-script.ts';
import { bringUp } from './provider-up.ts';
import { type ProviderFolder, providerFolder } from './tunnel-record.ts';

type Action = (scope: Scope, files: ProviderFolder, input: ToolInput) => Promise<number>;

const ACTIONS: Readonly<Record<string, Action>> = { up: bringUp, down: takeDown, kubeconfig: tellKubeconfig };

/** The work of `sevlane provider`: what `make cluster-up` of KubeVirt leaves behind, for its other targets to follow on. */
export async function actOnProvider(input: ToolInput): Promise<number> {
  const [word] = input.words;
  const action = word === undefined || !Object.hasOwn(ACTIONS, word) ? undefined : ACTIONS[word];
  if (action === undefined) {
    const seen = word === undefined ? 'nothing to do is named' : `"${word}" is not known`;
    throw new UsageError(`sevlane provider: ${seen}`, { hint: 'write sevlane provider up, down or kubeconfig' });
  }
  const scope = openScope(input.sink, input.stop);
  try {
    return await action(scope, providerFolder(configPath(input)), input);
  } catch (error) {
    throw scope.signal.aborted ? scope.signal.reason : error;
  } finally {
    for (const finding of await scope.close(input.budgets.undoMs)) scope.emit({ type: 'trouble', finding });
  }
}

function configPath({ values, workingFolder }: ToolInput): string {
  const named = values['kubevirtci-config-path'];
  if (typeof named === 'string' && named !== '') return named;
  const checkout = join(workingFolder, 'kubevirtci');
  return join(existsSync(join(checkout, 'cluster-up')) ? checkout : workingFolder, '_ci-configs');
}

async function tellKubeconfig(_scope: Scope, files: ProviderFolder, { terminal, own }: ToolInput): Promise<number> {
  const script = await readFile(files.script, 'utf8').catch(() => undefined);
  const path = script === undefined ? undefined : kubeconfigOf(script, { ...own.environment, KUBECONFIG: '' });
  if (path === undefined || !existsSync(path)) {
    throw new InfraError(
      `no kubeconfig: ${script === undefined ? `${files.script} is not there` : `${path ?? files.kubeconfig} is gone`}`,
      {
        hint: 'run sevlane provider up',
      },
    );
  }
  terminal.stdout.write(`${path}\n`);
  return 0;
}
