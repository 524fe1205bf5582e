import type { AccessCredential } from '../../model/pod.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import { type Cause, invalid } from '../causes.ts';

/** Credentials are of one type, from one source, by one way that the guest has. Source: validateAccessCredentials. */
export function* accessCredentials(spec: VmiSpec, path: string): Iterable<Cause> {
  const volumes = spec.volumes ?? [];
  const has: Volumes = {
    noCloud: volumes.some(({ cloudInitNoCloud }) => cloudInitNoCloud !== undefined),
    configDrive: volumes.some(({ cloudInitConfigDrive }) => cloudInitConfigDrive !== undefined),
  };
  for (const [index, credential] of (spec.accessCredentials ?? []).entries()) {
    const field = `${path}.accessCredentials[${index}]`;
    yield* sshPublicKey(credential, field, has);
    yield* userPassword(credential, field);
    const types = [credential.sshPublicKey, credential.userPassword].filter((type) => type !== undefined);
    if (types.length !== 1) yield invalid(field, `${field} must have exactly one access credential type set`);
  }
}

interface Volumes {
  readonly noCloud: boolean;
  readonly configDrive: boolean;
}

function* sshPublicKey({ sshPublicKey: key }: AccessCredential, field: string, has: Volumes): Iterable<Cause> {
  if (key === undefined) return;
  const method = key.propagationMethod;
  const place = `${field}.sshPublicKey`;
  for (const kind of ['noCloud', 'configDrive'] as const) {
    if (method[kind] === undefined || has[kind]) continue;
    const needs = `requires a ${kind} volume to exist when the ${kind} propagationMethod is in use.`;
    yield invalid(`${place}.propagationMethod`, `${field} ${needs}`);
  }
  if (method.qemuGuestAgent !== undefined && (method.qemuGuestAgent.users ?? []).length === 0) {
    const users = `${place}.propagationMethod.qemuGuestAgent.users`;
    yield invalid(users, `${field} requires at least one user to be present in the users list`);
  }
  if (key.source.secret === undefined) yield invalid(`${place}.source`, `${field} must have exactly one source set`);
  const methods = [method.noCloud, method.configDrive, method.qemuGuestAgent].filter((each) => each !== undefined);
  if (methods.length !== 1) {
    yield invalid(`${place}.propagationMethod`, `${field} must have exactly one propagationMethod set`);
  }
}

function* userPassword({ userPassword: password }: AccessCredential, field: string): Iterable<Cause> {
  if (password === undefined) return;
  const place = `${field}.userPassword`;
  if (password.source.secret === undefined) {
    yield invalid(`${place}.source`, `${field} must have exactly one source set`);
  }
  if (password.propagationMethod.qemuGuestAgent === undefined) {
    yield invalid(`${place}.propagationMethod`, `${field} must have exactly one propagationMethod set`);
  }
}
