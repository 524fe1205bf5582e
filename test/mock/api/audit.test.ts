import { expect } from 'chai';
import type { AuditEvent } from '../../../providers/mock/api/audit-event.ts';
import { openHolds } from '../../../providers/mock/scenario/holds.ts';
import { type Running, running } from './running-server.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

describe('the audit trail of the simulated API server', () => {
  let trail: AuditEvent[];
  let api: Running;
  let isHolding: boolean;

  beforeEach(async () => {
    trail = [];
    isHolding = false;
    const strike = () => (isHolding ? ({ do: 'hold', side: 'before' } as const) : undefined);
    api = await running({ api: strike }, { audit: (event) => void trail.push(event), holds: openHolds(() => {}) });
  });
  afterEach(async () => await api.stop());

  const stages = () => trail.map(({ stage }) => stage);
  const ended = async () =>
    await until(() => stages().some((stage) => stage === 'ResponseComplete' || stage === 'Panic'));

  it('has each request as it is received and as it is answered, with who, what and whence', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } };
    const { headers } = await api.ask('POST', `${MAPS}?dryRun=All`, { body, headers: { 'user-agent': 'mine/1' } });
    await ended();
    const [received, complete, ...others] = trail;
    expect(others).to.deep.equal([]);
    expect(received).to.deep.include({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: headers['audit-id'],
      stage: 'RequestReceived',
      requestURI: `${MAPS}?dryRun=All`,
      verb: 'create',
      userAgent: 'mine/1',
      objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
    });
    expect(received?.user.username).to.equal('root');
    expect(received?.stageTimestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(complete).to.deep.include({
      auditID: received?.auditID,
      stage: 'ResponseComplete',
      objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1', name: 'one' },
      responseStatus: { metadata: {}, code: 201 },
      requestReceivedTimestamp: received?.requestReceivedTimestamp,
    });
  });

  it('has those that are refused, too, by name where the refusal tells it', async () => {
    await api.ask('DELETE', `${MAPS}/none`);
    await api.ask('GET', MAPS, { as: 'alice' });
    await until(() => stages().filter((stage) => stage === 'ResponseComplete').length === 2);
    const codes = trail.flatMap(({ responseStatus }) => (responseStatus === undefined ? [] : [responseStatus.code]));
    expect(codes).to.deep.equal([404, 403]);
  });

  it('tells when the answer of a watch begins, and completes it when the client leaves', async () => {
    const hangUp = await api.send('GET', `${MAPS}?watch=true`);
    await until(() => trail.length === 2);
    expect(stages()).to.deep.equal(['RequestReceived', 'ResponseStarted']);
    hangUp();
    await ended();
    expect(trail.at(-1)).to.deep.include({ stage: 'ResponseComplete', responseStatus: { metadata: {}, code: 200 } });
  });

  it('has a request that was received and never carried out', async () => {
    isHolding = true;
    const hangUp = await api.send('DELETE', `${MAPS}/one`);
    await until(() => trail.length === 1);
    await api.ask('GET', '/sevlane-sim/holds?wait=true');
    hangUp();
    await ended();
    expect(stages()).to.deep.equal(['RequestReceived', 'Panic']);
  });

  it('leaves out what is asked of the simulator itself', async () => {
    await api.ask('GET', '/sevlane-sim/requests');
    await api.ask('GET', '/version');
    await ended();
    expect(trail.map(({ requestURI }) => requestURI)).to.deep.equal(['/version', '/version']);
  });
});

async function until(look: () => boolean): Promise<void> {
  while (!look()) await new Promise((resolve) => setImmediate(resolve));
}
