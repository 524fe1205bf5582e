import type { Core } from '../core.ts';
import { randomSuffix } from '../metadata.ts';
import type { KubeObject } from '../objects.ts';
import { forbidden } from '../status.ts';
import type { Attributes, Plugin } from './attributes.ts';
import { podBeingCreated, specOf, withSpec } from './lookup.ts';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

interface Container {
  readonly volumeMounts?: readonly { readonly mountPath?: string }[];
}

/** ServiceAccount: names the account, refuses pods until it exists, and mounts its token. */
export const serviceAccountPlugin: Plugin = (core, attributes) => {
  const pod = podBeingCreated(attributes);
  if (pod === undefined || pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return attributes.object;
  const given = specOf(pod).serviceAccountName;
  const name = typeof given === 'string' && given !== '' ? given : 'default';
  const account = accountOf(core, attributes, name);
  const named = withSpec(pod, { serviceAccountName: name, serviceAccount: name });
  const pulled = withPullSecrets(named, account);
  return wantsToken(pulled, account) ? withTokenMount(pulled) : pulled;
};

function accountOf(core: Core, attributes: Attributes, name: string): KubeObject {
  const { namespace, type } = attributes;
  const account = core.store.get({ resource: 'serviceaccounts', namespace, name });
  if (account !== undefined) return account;
  const why = `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`;
  throw forbidden(type, attributes.object?.metadata.name ?? '', why);
}

function withPullSecrets(pod: KubeObject, account: KubeObject): KubeObject {
  const own = specOf(pod).imagePullSecrets as readonly unknown[] | undefined;
  const granted = account.imagePullSecrets as readonly unknown[] | undefined;
  return (own ?? []).length === 0 && granted !== undefined && granted.length > 0
    ? withSpec(pod, { imagePullSecrets: granted })
    : pod;
}

function wantsToken(pod: KubeObject, account: KubeObject): boolean {
  const own = specOf(pod).automountServiceAccountToken;
  if (typeof own === 'boolean') return own;
  return account.automountServiceAccountToken !== false;
}

function withTokenMount(pod: KubeObject): KubeObject {
  const spec = specOf(pod);
  const volumes = (spec.volumes ?? []) as readonly { readonly name: string }[];
  const present = volumes.find((volume) => volume.name.startsWith('kube-api-access-'));
  const name = present?.name ?? `kube-api-access-${randomSuffix()}`;
  const mount = { name, readOnly: true, mountPath: MOUNT_PATH };
  let mounted = false;
  const mountIn = (container: Container): Container => {
    const mounts = container.volumeMounts ?? [];
    if (mounts.some((one) => one.mountPath === MOUNT_PATH)) return container;
    mounted = true;
    return { ...container, volumeMounts: [...mounts, mount] };
  };
  const lists = Object.fromEntries(
    ['initContainers', 'containers']
      .filter((key) => Array.isArray(spec[key]))
      .map((key) => [key, (spec[key] as readonly Container[]).map(mountIn)]),
  );
  if (!mounted) return pod;
  return withSpec(pod, { ...lists, ...(present ? {} : { volumes: [...volumes, tokenVolume(name)] }) });
}

function tokenVolume(name: string) {
  const fieldRef = { apiVersion: 'v1', fieldPath: 'metadata.namespace' };
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef }] } },
      ],
      defaultMode: 420,
    },
  };
}
