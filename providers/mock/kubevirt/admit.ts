import type { AdmissionReview } from '../api/backends.ts';
import type { KubeObject, UserInfo } from '../api/objects.ts';
import { QuantityError } from '../quantity.ts';
import { type AdmissionContext, configOf, isKubevirtAccount } from './admission/context.ts';
import { podEviction } from './admission/eviction.ts';
import { kubevirtCreate, kubevirtDelete, kubevirtUpdate } from './admission/kubevirt-cr.ts';
import { migrationCreate, migrationUpdate } from './admission/migration.ts';
import { replicaSetCauses } from './admission/replicaset.ts';
import { allow, judge, type PatchOperation, refuse, refuseFor, type Verdict } from './admission/verdict.ts';
import { admitVm, admitVmStatus } from './admission/vm/admit-vm.ts';
import { matcherCauses } from './admission/vm/matchers.ts';
import { vmiCreateCauses } from './admission/vmi/create.ts';
import { vmiUpdateCauses } from './admission/vmi/update.ts';
import { goForm } from './crds/go-form.ts';
import { typeErrors } from './crds/openapi-check.ts';
import { findReferenced } from './instancetype/find.ts';
import type { Vm } from './model/vm.ts';
import type { Vmi } from './model/vmi.ts';
import { mutateNewMigration } from './mutation/mutate-migration.ts';
import { mutateVm } from './mutation/mutate-vm.ts';
import { keepStatus, mutateNewVmi } from './mutation/mutate-vmi.ts';

/** The parts of an AdmissionReview's request that KubeVirt's webhooks read. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly resource?: { readonly group: string; readonly version: string; readonly resource: string };
  readonly name?: string;
  readonly namespace?: string;
  readonly userInfo: UserInfo;
  readonly object?: KubeObject | null;
  readonly oldObject?: KubeObject | null;
  readonly dryRun?: boolean;
}

/**
 * Answers a review that came to `path` of virt-api or virt-operator (webhooks.ts says which) as the release of the
 * context does. Paths without rules of ours let the object pass.
 */
export async function admit(
  path: string,
  review: AdmissionReview,
  context: AdmissionContext,
): Promise<AdmissionReview> {
  const request = review.request as AdmissionRequest | undefined;
  if (request === undefined) return answer('', refuseFor('the review has no request'));
  return answer(request.uid, await judgeRequest(path, request, context));
}

/** The verdict alone, for those who need no review around it. */
export async function judgeRequest(
  path: string,
  request: AdmissionRequest,
  context: AdmissionContext,
): Promise<Verdict> {
  const kind = CHECKED_KINDS[path];
  if (kind !== undefined) {
    const version = context.version;
    const causes = [...typeErrors(request.object?.spec, `${kind}Spec`, 'spec', version)];
    if (request.object?.status !== undefined) {
      causes.push(...typeErrors(request.object.status, `${kind}Status`, 'status', version));
    }
    if (causes.length > 0) return refuse(causes.map((message) => ({ reason: '', message, field: '' })));
  }
  const handler = HANDLERS[path];
  try {
    return handler === undefined ? allow() : await handler(request, context);
  } catch (error) {
    if (error instanceof QuantityError) return refuseFor(error.message);
    throw error;
  }
}

type Handler = (request: AdmissionRequest, context: AdmissionContext) => Promise<Verdict> | Verdict;

/** Paths whose objects' types are checked first, and of which kind they are. */
const CHECKED_KINDS: Readonly<Record<string, string>> = {
  '/virtualmachineinstances-mutate': 'VirtualMachineInstance',
  '/virtualmachineinstances-validate-create': 'VirtualMachineInstance',
  '/virtualmachineinstances-validate-update': 'VirtualMachineInstance',
  '/virtualmachines-mutate': 'VirtualMachine',
  '/virtualmachines-validate': 'VirtualMachine',
  '/virtualmachinereplicaset-validate': 'VirtualMachineInstanceReplicaSet',
  '/migration-mutate-create': 'VirtualMachineInstanceMigration',
  '/migration-validate-create': 'VirtualMachineInstanceMigration',
  '/migration-validate-update': 'VirtualMachineInstanceMigration',
  '/kubevirt-validate-create': 'KubeVirt',
  '/kubevirt-validate-update': 'KubeVirt',
};

const HANDLERS: Readonly<Record<string, Handler>> = {
  '/virtualmachineinstances-mutate': mutateVmiRequest,
  '/virtualmachineinstances-validate-create': (request, context) =>
    judge(vmiCreateCauses(vmiOf(request.object, context), configOf(context), byKubevirt(request, context))),
  '/virtualmachineinstances-validate-update': (request, context) => {
    const { userInfo: user, object, oldObject } = request;
    const update = { vmi: vmiOf(object, context), old: vmiOf(oldObject, context), user, namespace: context.namespace };
    return judge(vmiUpdateCauses(update, configOf(context)));
  },
  '/virtualmachines-mutate': mutateVmRequest,
  '/virtualmachines-validate': (request, context) =>
    admitVm(vmRequest(request, context), configOf(context), context.cluster),
  '/status-validate': (request, context) =>
    request.resource?.resource === 'virtualmachines'
      ? admitVmStatus(vmRequest(request, context), configOf(context), context.cluster)
      : allow(),
  '/virtualmachinereplicaset-validate': ({ object, operation }, context) =>
    judge(replicaSetCauses(object as KubeObject, configOf(context), operation === 'CREATE')),
  '/migration-mutate-create': (request, { version }) => {
    const migration = request.object as KubeObject;
    return patched([['/metadata', mutateNewMigration(migration, version).metadata]]);
  },
  '/migration-validate-create': (request, context) => {
    const asked = { migration: request.object as KubeObject, user: request.userInfo, namespace: context.namespace };
    return migrationCreate(asked, configOf(context), context.cluster);
  },
  '/migration-validate-update': ({ object, oldObject }) =>
    migrationUpdate(object as KubeObject, oldObject as KubeObject),
  '/pod-eviction-validate': (request, context) => {
    const { name = '', namespace = '', object, dryRun = false } = request;
    return podEviction({ name, namespace, eviction: object ?? undefined, dryRun }, configOf(context), context.cluster);
  },
  '/kubevirt-validate-create': (_, context) => kubevirtCreate(context),
  '/kubevirt-validate-update': ({ object, oldObject }, context) =>
    kubevirtUpdate(object as KubeObject, oldObject as KubeObject, context.version),
  '/kubevirt-validate-delete': ({ oldObject }, context) => (oldObject ? kubevirtDelete(oldObject, context) : allow()),
};

function mutateVmiRequest(request: AdmissionRequest, context: AdmissionContext): Verdict {
  if (request.operation === 'UPDATE') {
    const [vmi, old] = [vmiOf(request.object, context), vmiOf(request.oldObject, context)];
    return byKubevirt(request, context) ? allow() : patched(keepStatus(vmi, old));
  }
  const mutated = mutateNewVmi(request.object as unknown as Vmi, inputsOf(context));
  if ('refusal' in mutated) return refuseFor(mutated.refusal);
  const { spec, metadata, status } = mutated.vmi;
  return patched([
    ['/spec', spec],
    ['/metadata', metadata],
    ['/status', status],
  ]);
}

async function mutateVmRequest(request: AdmissionRequest, context: AdmissionContext): Promise<Verdict> {
  const { vm, old } = vmRequest(request, context);
  if (vm.metadata.deletionTimestamp !== undefined) return allow();
  const causes = matcherCauses(vm, old, context.version);
  if (causes.length > 0) return refuse(causes);
  const { preference } = await findReferenced(vm, context.cluster);
  const mutated = mutateVm(vm, { ...inputsOf(context), creating: old === undefined, preference });
  return patched([
    ['/spec', mutated.spec],
    ['/metadata', mutated.metadata],
  ]);
}

function inputsOf(context: AdmissionContext): Parameters<typeof mutateNewVmi>[1] {
  const crAnnotations = context.kubevirt?.metadata.annotations ?? {};
  return { config: configOf(context), crAnnotations, now: context.now(), uuid: context.uuid };
}

function vmRequest(request: AdmissionRequest, context: AdmissionContext): Parameters<typeof admitVm>[0] {
  const read = (object: unknown): Vm => goForm(object as Vm, 'VirtualMachine', context.version);
  const old = request.operation === 'UPDATE' && request.oldObject ? read(request.oldObject) : undefined;
  return { vm: read(request.object), old, byKubevirt: byKubevirt(request, context) };
}

function vmiOf(object: unknown, { version }: AdmissionContext): Vmi {
  return goForm(object as Vmi, 'VirtualMachineInstance', version);
}

function byKubevirt({ userInfo }: AdmissionRequest, { namespace }: AdmissionContext): boolean {
  return isKubevirtAccount(userInfo.username, namespace);
}

/** Allowed, with these members of the object set anew. */
function patched(members: readonly (readonly [path: string, value: unknown])[]): Verdict {
  const patch = members.map(([path, value]): PatchOperation => ({ op: 'add', path, value }));
  return { allowed: true, ...(patch.length > 0 && { patch }) };
}

function answer(uid: string, verdict: Verdict): AdmissionReview {
  const { allowed, code, reason, message, causes, warnings, patch } = verdict;
  const status = {
    metadata: {},
    ...(message !== undefined && { message }),
    ...(reason !== undefined && { reason }),
    ...(causes !== undefined && { details: { causes: causes.map(withoutBlanks) } }),
    ...(code !== undefined && { code }),
  };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed,
      ...(!allowed && { status }),
      ...(warnings !== undefined && { warnings }),
      ...(patch !== undefined && {
        patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
        patchType: 'JSONPatch' as const,
      }),
    },
  };
}

/** As JSON has it: what is empty is left out. */
function withoutBlanks(cause: object): object {
  return Object.fromEntries(Object.entries(cause).filter(([, value]) => value !== ''));
}
