import { expect } from 'chai';
import type { KubeObject, StatusCause } from '../../../providers/mock/api/objects.ts';
import { mergePatch } from '../../../providers/mock/api/patch/merge-patch.ts';
import { applyPatch } from '../../../providers/mock/api/patch/server-side-apply.ts';
import type { ResourceType } from '../../../providers/mock/api/resource-type.ts';
import { applyDefaults, prune } from '../../../providers/mock/api/structural.ts';
import { validateSchema } from '../../../providers/mock/api/validate-schema.ts';
import {
  answered,
  type Recording,
  recordedCauses,
  recordings,
  recordingsHere,
  resourceOf,
  typeOf,
} from './recordings.ts';

// Names and other metadata are the server's own business, and so are the options of a request.
const ELSEWHERE = new Set([
  'namespace/create-bad-name',
  'crud/create-no-name',
  'patch/merge-uid-precondition',
  'delete/finalizer-add-forbidden',
  'delete/bad-finalizer',
  'cr/put-without-rv',
  'lease/time-without-micros',
]);

describe('refusals, as a real API server worded them', () => {
  if (!recordingsHere) it.skip('needs the recordings beside this project');
  const known = new Map<string, KubeObject>();
  for (const one of recordingsHere ? recordings() : []) {
    const type = typeOf(one);
    const path = one.request.path.split('?')[0] ?? '';
    if (type !== undefined && answered(one)?.kind === type.kind && !one.request.path.includes('dryRun')) {
      known.set(one.request.method === 'POST' ? `${path}/${answered(one).metadata.name}` : path, answered(one));
    }
    const details = (one.response.body as { details?: { kind?: string } })?.details;
    if (one.response.status !== 422 || type === undefined || details?.kind !== type.kind) continue;
    if (ELSEWHERE.has(`${one.group}/${one.name}`)) continue;
    const old = known.get(path);
    it(`${one.n} ${one.group}/${one.name}`, () => {
      const causes = causesOf(one, type, old);
      const [found, wanted] = [causes, recordedCauses(one)].map((list) => sorted(list as readonly StatusCause[]));
      expect(found).to.deep.equal(wanted);
    });
  }

  for (const n of recordingsHere ? [109, 116, 118, 162] : []) {
    it(`${n} apply`, () => {
      const all = recordings();
      const one = all.find((candidate) => candidate.n === n) as Recording;
      const path = one.request.path.split('?')[0] ?? '';
      const before = all.filter((candidate) => candidate.n < n && candidate.request.path.split('?')[0] === path);
      const live = before.map(answered).findLast((object) => object.metadata?.uid !== undefined);
      const type = typeOf(one) as ResourceType;
      const manager = new URL(one.request.path, 'http://x').searchParams.get('fieldManager') ?? '';
      const applied = one.request.body as KubeObject;
      const result = applyPatch({ live, applied, manager, force: false, type, subresource: '', time: '' });
      const { message } = one.response.body as { readonly message: string };
      if ('refusal' in result) expect(result.refusal.message).to.equal(message);
      else if ('conflicts' in result) {
        expect(result.message).to.equal(message);
        expect(result.conflicts).to.deep.equal(recordedCauses(one));
      } else expect.fail('was applied');
    });
  }
});

function causesOf(one: Recording, type: ResourceType, old: KubeObject | undefined): readonly StatusCause[] {
  const { method, body } = one.request;
  const { subresource } = resourceOf(one.request.path) ?? { subresource: '' };
  if (method === 'POST') {
    const fresh = type.strategy.prepareForCreate(
      completed({ ...(body as KubeObject), metadata: { namespace: 'rec', ...(body as KubeObject).metadata } }, type),
    );
    return [...(type.custom ? validateSchema(fresh, type.schema) : []), ...type.strategy.validate(fresh)];
  }
  if (old === undefined) throw new Error('nothing known of the object');
  const patched = completed(mergePatch(old, body) as KubeObject, type);
  const next = type.strategy.prepareForUpdate(patched, old, subresource);
  const schema = type.custom ? validateSchema(next, type.schema) : [];
  return [...schema, ...type.strategy.validateUpdate(next, old, subresource)];
}

function completed(object: KubeObject, type: ResourceType): KubeObject {
  const { object: pruned } = prune(object, type.schema);
  return type.strategy.defaults(type.custom ? applyDefaults(pruned, type.schema) : pruned);
}

// A real server answers a custom resource's causes in an order of chance; the difference of a pod is told in its own way.
function sorted(causes: readonly StatusCause[]): readonly string[] {
  return causes.map((cause) => JSON.stringify([cause.field, cause.reason, cause.message?.split('\n')[0]])).sort();
}
