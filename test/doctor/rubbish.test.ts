import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { CheckResult } from '../../harness/model/check.ts';
import type { Host } from '../../harness/model/host.ts';
import { type ApiServer, json, startApiServer } from '../kube/api-server.ts';
import { examined } from './examined.ts';
import { type StrangeAnswer, type StrangeNode, startStrangeNode } from './strange-node.ts';

const BANNER = '*** Authorized use only. All activity may be monitored and reported. ***\n';

const COMMANDS: Readonly<Record<string, (command: string) => StrangeAnswer>> = {
  'exit status 127': (command) => ({
    code: 127,
    stderr: `bash: line 1: ${command.split(' ')[0]}: command not found\n`,
  }),
  nothing: () => ({ code: 0 }),
  'rubbish bytes': () => ({ code: 0, stdout: randomBytes(4096) }),
  'a banner and no more': () => ({ code: 0, stdout: BANNER }),
  'a banner on stderr and status 1': () => ({ code: 1, stderr: BANNER }),
  'its own words back': (command) => ({ code: 0, stdout: command }),
};

const ANSWERS: Readonly<Record<string, (answer: ServerResponse) => void>> = {
  'an empty page': (answer) => void answer.writeHead(200).end(),
  'a page of HTML': (answer) => void answer.writeHead(200, { 'content-type': 'text/html' }).end('<html>ok</html>'),
  'rubbish bytes': (answer) => void answer.writeHead(200).end(randomBytes(512)),
  'an empty object': (answer) => json(answer, {}),
  'an empty list of something': (answer) => json(answer, { kind: 'List', apiVersion: 'v1', metadata: {}, items: [] }),
  'a list of things without a name': (answer) => json(answer, { kind: 'NodeList', metadata: {}, items: [{}, 7, null] }),
  null: (answer) => json(answer, null),
  'status 500': (answer) => void answer.writeHead(500).end('Internal Server Error'),
  'status 503': (answer) => void answer.writeHead(503).end('upstream connect error'),
};

/** What is known on this side without anybody else's word. */
const OF_THE_KUBECONFIG = ['kubeconfig', 'client-certificate', 'token-expiry', 'ca-certificate', 'api-certificate'];
/** The version is the user's own; it is good or bad without the cluster. */
const OF_THE_WISH = ['kubevirt-version'];

describe('a node and an API that answer rubbish', function () {
  this.timeout(60_000);
  this.slow(10_000);

  let api: ApiServer;
  let folder: string;

  before(async () => {
    api = await startApiServer();
    folder = await mkdtemp(join(tmpdir(), 'sevlane-rubbish-'));
  });

  after(async () => {
    await api.close();
    await rm(folder, { recursive: true });
  });

  const withNode = async (answer: (command: string) => StrangeAnswer, look: (host: Host) => Promise<void>) => {
    const node: StrangeNode = await startStrangeNode(answer);
    const path = join(folder, 'kubeconfig');
    await writeFile(path, kubeconfigOf(api));
    try {
      await look({ ssh: node.target, kubeconfig: { kind: 'file', path } });
    } finally {
      await node.close();
    }
  };

  for (const [title, answer] of Object.entries(COMMANDS)) {
    it(`has no check of the host say ok when every command gets ${title}`, async () => {
      api.on((_, response) => void response.writeHead(404).end());
      await withNode(answer, async (host) => {
        const { checks } = await examined(host);
        expect(claimed(checks, 'host')).to.deep.equal(['ssh-connection']);
        expect(rows(checks, 'host').length).to.be.greaterThan(25);
      });
    });
  }

  for (const [title, answer] of Object.entries(ANSWERS)) {
    it(`has no check of the cluster say ok when every request gets ${title}`, async () => {
      api.on((_, response) => answer(response));
      await withNode(
        () => ({ code: 127 }),
        async (host) => {
          const { checks } = await examined(host);
          const left = claimed(checks, 'cluster').filter((id) => !OF_THE_KUBECONFIG.includes(id));
          expect(left).to.deep.equal([]);
          expect(checks.get('kubernetes-api')?.verdict).to.equal('fatal');
          expect(rows(checks, 'cluster').length).to.be.greaterThan(25);
        },
      );
    });

    it(`has none say ok when only /version is answered and all else gets ${title}`, async () => {
      api.on(({ path }, response) =>
        path === '/version' ? json(response, { gitVersion: 'v1.34.4' }) : answer(response),
      );
      await withNode(
        () => ({ code: 127 }),
        async (host) => {
          const { checks } = await examined(host, []);
          const known = [...OF_THE_KUBECONFIG, ...OF_THE_WISH, 'kubernetes-api'];
          expect(claimed(checks, 'cluster').filter((id) => !known.includes(id))).to.deep.equal([]);
        },
      );
    });
  }
});

function rows(checks: ReadonlyMap<string, CheckResult>, group: CheckResult['group']): readonly CheckResult[] {
  return [...checks.values()].filter((check) => check.group === group);
}

function claimed(checks: ReadonlyMap<string, CheckResult>, group: CheckResult['group']): readonly string[] {
  return rows(checks, group)
    .filter(({ verdict }) => verdict === 'ok')
    .map(({ id }) => id);
}

function kubeconfigOf({ access }: ApiServer): string {
  const base64 = (text: string | undefined) => Buffer.from(text ?? '').toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [
      {
        name: 'c',
        cluster: {
          server: `https://${access.server.host}:${access.server.port}`,
          'certificate-authority-data': base64(access.ca),
        },
      },
    ],
    users: [
      {
        name: 'u',
        user: {
          'client-certificate-data': base64(access.clientCertificate?.cert),
          'client-key-data': base64(access.clientCertificate?.key),
        },
      },
    ],
  });
}
