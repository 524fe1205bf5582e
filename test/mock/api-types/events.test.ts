import { expect } from 'chai';
import fc from 'fast-check';
import { toCoreEvent, toEventsEvent } from '../../../providers/mock/api/kinds/events.ts';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import { type Running, running } from '../api/running-server.ts';

describe('events', () => {
  it('are the same in the form of either group, there and back', () => {
    const field = fc.constantFrom('message', 'involvedObject', 'source', 'count', 'reason', 'type', 'eventTime');
    fc.assert(
      fc.property(fc.dictionary(field, fc.string()), (fields) => {
        const event: KubeObject = { ...fields, apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' } };
        expect(toCoreEvent(toEventsEvent(event))).to.deep.equal(event);
      }),
    );
  });

  describe('on a running server', () => {
    let server: Running;
    before(async () => {
      server = await running();
    });
    after(() => server.stop());

    it('written in one group are read, listed and deleted in the other', async () => {
      const [fresh, core] = ['/apis/events.k8s.io/v1/namespaces/default/events', '/api/v1/namespaces/default/events'];
      const body = {
        metadata: { name: 'e', namespace: 'default' },
        eventTime: '2030-01-01T00:00:00.000000Z',
        reportingController: 'c',
        reportingInstance: 'c-0',
        action: 'Do',
        reason: 'Done',
        type: 'Normal',
        note: 'it is done',
        regarding: { kind: 'Pod', namespace: 'default', name: 'p' },
      };
      const headers = { 'content-type': 'application/json' };
      expect((await server.ask('POST', fresh, { body, headers })).status).to.equal(201);
      const read = await server.ask('GET', `${core}/e`);
      expect(read.body).to.include({ apiVersion: 'v1', message: 'it is done', reportingComponent: 'c' });
      const { body: listed } = await server.ask('GET', `${core}?fieldSelector=involvedObject.name%3Dp`);
      expect(listed.items).to.have.length(1);
      const patched = await server.ask('PATCH', `${core}/e`, {
        body: { message: 'again' },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
      expect(patched.status).to.equal(200);
      const back = await server.ask('GET', `${fresh}/e`);
      expect(back.body).to.include({ apiVersion: 'events.k8s.io/v1', note: 'again', reportingController: 'c' });
      expect((await server.ask('DELETE', `${core}/e`)).status).to.equal(200);
      expect((await server.ask('GET', `${fresh}/e`)).status).to.equal(404);
    });
  });
});
