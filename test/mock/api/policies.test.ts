import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { differences } from '../../conformance/json-differences.ts';
import { masked } from '../../conformance/masks.ts';
import { POLICY_STEPS, type PolicyStep } from './policy-steps.ts';
import { type RealServer, realServerFolder, startRealServer } from './real-server.ts';
import { running, type Seen } from './running-server.ts';

type Server = Pick<RealServer, 'ask' | 'stop'>;

describe('admission policies', () => {
  let simulated: Server;
  let real: Server | undefined;

  before(async function () {
    this.timeout(120_000);
    const folder = realServerFolder();
    [simulated, real] = await Promise.all([
      running(),
      folder === undefined ? Promise.resolve(undefined) : startRealServer(folder),
    ]);
  });
  after(() => Promise.all([simulated?.stop(), real?.stop()]));

  for (const step of POLICY_STEPS) {
    it(step.title, async () => {
      const ours = await asked(simulated, step);
      expect(factsOf(ours, step)).to.deep.equal(step.answer);
      if (real === undefined) return;
      const theirs = await asked(real, step);
      expect(factsOf(theirs, step), 'the real server').to.deep.equal(step.answer);
      if (step.answer.message !== undefined)
        expect(differences(masked(theirs).body, masked(ours).body)).to.deep.equal([]);
    });
  }
});

describe('an older Kubernetes', () => {
  it('serves no admission policies before 1.30', async () => {
    const served = async (version: string) => {
      const server = await running({}, { version });
      try {
        const { body } = await server.ask('GET', '/apis/admissionregistration.k8s.io/v1');
        return (body.resources as readonly { readonly name: string }[]).map(({ name }) => name);
      } finally {
        await server.stop();
      }
    };
    expect(await served('v1.29.14')).to.not.include('validatingadmissionpolicies');
    expect(await served('v1.30.0')).to.include('validatingadmissionpolicies');
  });
});

/** What of an answer counts, beside the whole body of a refusal. */
function factsOf({ status, headers, body }: Seen, { answer }: PolicyStep): PolicyStep['answer'] {
  const warnings = [headers.warning ?? []].flat();
  return {
    status,
    ...(status < 400 ? {} : { reason: String(body.reason) }),
    ...(status < 400 || answer.message === undefined ? {} : { message: String(body.message) }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** A policy does not hold at once: the server hears of it by a watch, up to a second later. */
async function asked(server: Server, step: PolicyStep): Promise<Seen> {
  const { method, path, body, contentType, settles, answer } = step;
  const send = () =>
    server.ask(method, path, {
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
    });
  const until = Date.now() + 10_000;
  for (;;) {
    const seen = await send();
    if (!settles || isDeepStrictEqual(factsOf(seen, step), answer) || Date.now() > until) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
