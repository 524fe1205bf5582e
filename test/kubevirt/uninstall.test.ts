import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { KubeClient } from '../../harness/kube/client.ts';
import type { KubeObject } from '../../harness/kube/objects.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import type { ManifestObject } from '../../harness/kubevirt/manifest.ts';
import { uninstall } from '../../harness/kubevirt/uninstall.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { type ApiServer, json, refuse, startApiServer } from '../kube/api-server.ts';
import { openLine } from '../kube/line.ts';

const MAPS = '/api/v1/namespaces/kubevirt/configmaps';

function object(run: string, uid: string): ManifestObject & KubeObject {
  const metadata = { name: 'c', namespace: 'kubevirt', labels: { 'sevlane/run': run }, uid };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}

describe('taking KubeVirt away after a cut', () => {
  let server: ApiServer;
  let scope: OwnedScope;
  let client: KubeClient;
  /** What stands in the cluster under the name of ours. */
  let there: KubeObject | undefined;

  beforeEach(async () => {
    server = await startApiServer();
    scope = openScope(() => {});
    client = openKubeClient(scope, openLine(scope, server.opener), server.access);
    server.on(({ method, path, body }, answer) => {
      if (path === '/api/v1')
        return json(answer, { resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] });
      if (path !== `${MAPS}/c` || there === undefined) return refuse(answer, 404, 'NotFound', `${path} not found`);
      if (method === 'GET') return json(answer, there);
      const { preconditions } = JSON.parse(body) as { readonly preconditions?: { readonly uid?: string } };
      if (preconditions?.uid !== undefined && preconditions.uid !== there.metadata.uid)
        return refuse(answer, 409, 'Conflict', 'the UID in the precondition does not match');
      there = undefined;
      json(answer, { kind: 'Status', status: 'Success' });
    });
  });

  afterEach(async () => {
    await scope.close();
    await server.close();
  });

  it('deletes what was made', async () => {
    there = object('mine', 'u-1');
    await uninstall(scope, client, [{ object: object('mine', 'u-1'), uid: 'u-1' }]);
    expect(there).to.equal(undefined);
  });

  it('leaves alone what somebody else has put in its place meanwhile, and does not wait for its end', async () => {
    there = object('theirs', 'u-2');
    await uninstall(scope, client, [{ object: object('mine', 'u-1'), uid: 'u-1' }]);
    expect(there?.metadata.uid).to.equal('u-2');
  });

  it('deletes what nobody told of whether it was made, when it has the label of the run', async () => {
    there = object('mine', 'u-1');
    await uninstall(scope, client, [{ object: object('mine', 'u-1') }]);
    expect(there).to.equal(undefined);
  });

  it('and leaves it alone when it has the label of another one, or none', async () => {
    for (const labels of [{ 'sevlane/run': 'theirs' }, {}]) {
      there = { ...object('theirs', 'u-2'), metadata: { ...object('theirs', 'u-2').metadata, labels } };
      await uninstall(scope, client, [{ object: object('mine', 'u-1') }]);
      expect(there?.metadata.uid).to.equal('u-2');
    }
  });
});
