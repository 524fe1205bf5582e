import type ssh2 from 'ssh2';
import { InfraError } from '../errors/errors.ts';
import type { SshAuth, SshTarget } from '../model/host.ts';
import { readPrivateKey } from './private-key.ts';

/** The ways to log in, in the order of trying. @throws InfraError when there is none, or one cannot be used. */
export function credentials(target: SshTarget, description: string): readonly ssh2.AnyAuthMethod[] {
  if (target.auth.length === 0) {
    throw new InfraError(`ssh ${description}: no key and no password given`, { hint: 'give a key: --ssh-key FILE' });
  }
  return target.auth.flatMap((auth) => authMethod(auth, target.user, description));
}

function authMethod(auth: SshAuth, username: string, description: string): ssh2.AnyAuthMethod[] {
  if (auth.kind === 'key') {
    const reading = readPrivateKey(auth.privateKey, auth.path, auth.passphrase);
    if ('problem' in reading) throw new InfraError(`ssh ${description}: ${reading.problem}`, { hint: reading.fix });
    return [{ type: 'publickey', username, key: reading.key }];
  }
  if (auth.kind === 'agent') return [{ type: 'agent', username, agent: auth.socket }];
  const { password } = auth;
  return [
    { type: 'password', username, password },
    // Servers with PAM often take a password only through a dialogue.
    {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _lang, prompts, finish) => finish(prompts.map(() => password)),
    },
  ];
}
