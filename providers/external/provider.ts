import { readFile } from 'node:fs/promises';
import { InfraError } from '../../harness/errors/errors.ts';
import type { Host, SshAuth } from '../../harness/model/host.ts';
import type { Provider, ProviderFactory } from '../../harness/provider/contract.ts';
import { checkExternal } from './check.ts';
import { type ExternalValues, externalValues } from './values.ts';

/** Somebody's node that is reached over SSH, with a kubeconfig at hand. Nothing has to be given back. */
export const externalProvider: ProviderFactory = {
  name: 'external',
  simulated: false,
  // All its rows stand in the common table: they are what any real node needs.
  settings: [],
  commands: [],
  check: (values) => checkExternal(externalValues(values)),
  create: (values) => provide(externalValues(values)),
};

function provide(values: ExternalValues): Provider {
  return {
    name: 'external',
    simulated: false,
    async acquire(): Promise<Host> {
      const { node, kubeconfig, knownHostsFiles } = values;
      if (node === undefined) throw new InfraError('no node is named', { hint: 'write --ssh user@host:port' });
      if (kubeconfig === undefined) throw new InfraError('no kubeconfig is given', { hint: 'write --kubeconfig FILE' });
      return {
        ssh: { ...node, auth: await readAuth(values), hostKeys: { knownHostsFiles } },
        kubeconfig: { kind: 'file', path: kubeconfig },
      };
    },
  };
}

async function readAuth({ keyFile, passwordFile }: ExternalValues): Promise<readonly SshAuth[]> {
  const auth: SshAuth[] = [];
  if (keyFile !== undefined) auth.push({ kind: 'key', path: keyFile, privateKey: await readSecret(keyFile) });
  if (passwordFile !== undefined) {
    // An editor ends the file with a line feed, which is not part of the password.
    const password = (await readSecret(passwordFile)).toString().replace(/\r?\n$/, '');
    auth.push({ kind: 'password', password });
  }
  return auth;
}

async function readSecret(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new InfraError(`${path} cannot be read`, { cause, hint: 'it was readable when the run began: put it back' });
  }
}
