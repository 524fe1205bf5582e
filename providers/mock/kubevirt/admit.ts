import type { AdmissionReview } from '../api/backends.ts';
import type { KubeObject, UserInfo } from '../api/objects.ts';
import { type AdmissionContext, configOf } from './admission/context.ts';
import { kubevirtCreate, kubevirtDelete } from './admission/kubevirt-cr.ts';
import { launchSecurity } from './admission/launch-security.ts';
import { allow, judge, refuseFor, type Verdict } from './admission/verdict.ts';
import type { Vmi } from './model.ts';

/** The parts of an AdmissionReview's request that KubeVirt's webhooks read. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
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
  const handler = HANDLERS[path];
  return answer(request.uid, handler === undefined ? allow() : await handler(request, context));
}

type Handler = (request: AdmissionRequest, context: AdmissionContext) => Promise<Verdict> | Verdict;

const HANDLERS: Readonly<Record<string, Handler>> = {
  '/kubevirt-validate-create': (_, context) => kubevirtCreate(context),
  '/kubevirt-validate-delete': (request, context) =>
    request.oldObject ? kubevirtDelete(request.oldObject, context) : allow(),
  '/virtualmachineinstances-validate-create': ({ object }, context) =>
    judge([...launchSecurity((object as unknown as Vmi).spec, 'spec', configOf(context))]),
};

function answer(uid: string, verdict: Verdict): AdmissionReview {
  const { allowed, code, reason, message, causes, warnings, patch } = verdict;
  const status = {
    metadata: {},
    ...(message !== undefined && { message }),
    ...(reason !== undefined && { reason }),
    ...(causes !== undefined && { details: { causes } }),
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
      ...(patch !== undefined &&
        patch.length > 0 && {
          patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
          patchType: 'JSONPatch' as const,
        }),
    },
  };
}
