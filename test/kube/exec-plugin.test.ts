import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { stringify } from 'yaml';
import { InfraError } from '../../harness/errors/errors.ts';
import { connectCluster, readAccess } from '../../harness/kube/connect.ts';
import { readKubeconfig } from '../../harness/kube/kubeconfig.ts';
import { kubeconfigCopy } from '../../harness/kube/kubeconfig-copy.ts';
import { phase } from '../../harness/scope/phase.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { OWN } from '../command/own.ts';
import { failure } from '../failure.ts';
import { type ApiServer, json, refuse, startApiServer } from './api-server.ts';

const V1 = 'client.authentication.k8s.io/v1';

describe('credentials that are issued while a run goes on', function () {
  this.timeout(60_000);
  let folder: string;
  let scope: OwnedScope;
  let server: ApiServer;
  let learnt: string[];
  let valid: (token: string | undefined) => boolean;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-exec-'));
    scope = openScope(() => {});
    server = await startApiServer();
    learnt = [];
    valid = () => true;
    server.on(({ path, headers }, answer) => {
      if (!valid(headers.authorization?.replace('Bearer ', '')))
        return refuse(answer, 401, 'Unauthorized', 'Unauthorized');
      json(answer, path === '/version' ? { gitVersion: 'v1.34.0' } : { kind: 'List', metadata: {}, items: [] });
    });
  });
  afterEach(async () => {
    await scope.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  const kubeconfig = async (user: object, cluster: object = {}) => {
    const path = join(folder, 'config');
    const { port } = server.access.server;
    const content = {
      kind: 'Config',
      'current-context': 'x',
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      clusters: [
        {
          name: 'c',
          cluster: {
            server: `https://127.0.0.1:${port}`,
            'certificate-authority-data': Buffer.from(server.authority.ca).toString('base64'),
            ...cluster,
          },
        },
      ],
      users: [{ name: 'u', user }],
    };
    await writeFile(path, stringify(content));
    return { kind: 'file', path } as const;
  };
  const plugin = async (script: string) => {
    await writeFile(join(folder, 'issue'), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, 'issue'), 0o755);
    return { command: './issue', apiVersion: V1, interactiveMode: 'IfAvailable' };
  };
  /** Counts its runs in `runs`, and issues `token-1`, `token-2` and so on. */
  const counting = (status = '') =>
    plugin(
      `echo x >> ${folder}/runs; n=$(wc -l < ${folder}/runs | tr -d ' '); ` +
        `echo "{\\"apiVersion\\":\\"${V1}\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"token-$n\\"${status}}}"`,
    );
  const runs = async () => (await readFile(join(folder, 'runs'), 'utf8')).trim().split('\n').length;
  const reach = async (user: object, cluster: object = {}) =>
    await connectCluster(scope, undefined, {
      kubeconfig: await kubeconfig(user, cluster),
      runDir: join(folder, 'run'),
      own: { ...OWN, environment: { ...OWN.environment, AWS_PROFILE: 'dev', SEVLANE_SSH_PASSPHRASE: 'no-business' } },
      learn: (secret) => void learnt.push(secret),
    });
  const shown = () => server.requests.map(({ headers }) => headers.authorization);

  it('come from the plugin once for many requests, and are learnt as secrets', async () => {
    const { client } = await reach({ exec: await counting() });
    await Promise.all([client.list('/api/v1/nodes'), client.list('/api/v1/pods'), client.list('/api/v1/services')]);
    expect(new Set(shown())).to.deep.equal(new Set(['Bearer token-1']));
    expect(await runs()).to.equal(1);
    expect(learnt).to.deep.equal(['token-1']);
  });

  it('are named as what was waited for when a plugin hangs', async () => {
    const hanging = await plugin('exec sleep 60');
    const step = { name: 'cluster', budgetMs: 3000 } as const;
    const error = await failure(
      phase(scope, step, async (own) =>
        connectCluster(own, undefined, {
          kubeconfig: await kubeconfig({ exec: hanging }),
          runDir: join(folder, 'run'),
          own: OWN,
        }),
      ),
      InfraError,
    );
    expect(error.message).to.match(
      /^cluster: not done within 3\.0 s; last waited for exec plugin \S+issue of \S+config: it has not answered$/,
    );
  });

  it('are asked for anew when their time is up', async () => {
    const { client } = await reach({ exec: await counting(',\\"expirationTimestamp\\":\\"2020-01-01T00:00:00Z\\"') });
    await client.list('/api/v1/nodes');
    expect(shown()).to.deep.equal(['Bearer token-1', 'Bearer token-2']);
  });

  it('are asked for anew when the server refuses them, once', async () => {
    const { client } = await reach({ exec: await counting() });
    valid = (token) => token === 'token-2';
    expect((await client.list('/api/v1/nodes')).items).to.deep.equal([]);
    valid = () => false;
    const error = await failure(client.list('/api/v1/nodes'), InfraError);
    expect(error.message).to.include('401 Unauthorized');
    expect(await runs()).to.equal(3);
  });

  it('are given to the plugin only as kubectl does: its variables, no terminal, the cluster when it wants it', async () => {
    const exec = {
      ...(await plugin(
        `env > ${folder}/env; echo "$1" > ${folder}/arg; read line && echo "$line" > ${folder}/typed; ` +
          `echo '{"apiVersion":"${V1}","kind":"ExecCredential","status":{"token":"t"}}'`,
      )),
      args: ['get-token'],
      env: [{ name: 'REGION', value: 'eu' }],
      provideClusterInfo: true,
    };
    await reach(
      { exec },
      { extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }] },
    );
    const env = await readFile(join(folder, 'env'), 'utf8');
    expect(env).to.include('REGION=eu').and.to.include('AWS_PROFILE=dev').and.to.not.include('no-business');
    const told = JSON.parse(/^KUBERNETES_EXEC_INFO=(.*)$/m.exec(env)?.[1] ?? '');
    expect(told).to.deep.include({ apiVersion: V1, kind: 'ExecCredential' });
    expect(told.spec.interactive).to.equal(false);
    expect(told.spec.cluster.config).to.deep.equal({ audience: 'x' });
    expect(Buffer.from(told.spec.cluster['certificate-authority-data'], 'base64').toString()).to.equal(
      server.authority.ca,
    );
    expect(await readFile(join(folder, 'arg'), 'utf8')).to.equal('get-token\n');
    expect(await failure(readFile(join(folder, 'typed')), Error)).to.include({ code: 'ENOENT' });
  });

  it('may be a client certificate', async () => {
    const { cert, key } = await server.authority.issue('issued');
    const status = { clientCertificateData: cert, clientKeyData: key };
    await writeFile(join(folder, 'answer'), JSON.stringify({ apiVersion: V1, kind: 'ExecCredential', status }));
    await reach({ exec: await plugin(`cat ${folder}/answer`) });
    expect(server.requests.map(({ certificate }) => certificate)).to.deep.equal(['issued']);
    expect(learnt).to.deep.equal([key]);
  });

  it('that do not come are told with the plugin, its last words and its own hint, and no secret', async () => {
    const answer = (body: string) => `echo '{"apiVersion":"${V1}","kind":"ExecCredential",${body}}'`;
    const cases: readonly (readonly [script: string, told: string])[] = [
      [
        'echo s3cret; echo "token is stale: log in" >&2; exit 7',
        'ended with exit status 7 and said: token is stale: log in',
      ],
      ['echo s3cret; exit 1', 'ended with exit status 1 and said nothing'],
      ['echo s3cret', 'its answer is not JSON'],
      ['true', 'its answer is empty'],
      [`echo '{"kind":"Status","token":"s3cret"}'`, 'its answer is no ExecCredential'],
      [answer('"status":{"token":"s3 cret"}'), 'its answer has no bare token'],
      [answer('"status":{"clientKeyData":"s3cret"}'), 'a certificate or a key, but not both'],
      [answer('"status":{}'), 'has neither token nor certificate'],
      [answer('"status":{"token":"s3cret","expirationTimestamp":"soon"}'), 'an expirationTimestamp that is no time'],
      [answer('"x":1').replace('/v1', '/v1beta1'), `is not in ${V1}`],
    ];
    for (const [script, told] of cases) {
      const error = await failure(
        reach({ exec: { ...(await plugin(script)), installHint: 'brew install issue' } }),
        InfraError,
      );
      expect(error.message, script).to.include(told).and.to.include(`exec plugin ${folder}/issue of ${folder}/config`);
      expect(error.hint).to.equal('brew install issue');
      expect(`${error.message} ${error.cause}`).to.not.match(/s3 ?cret/);
    }
    const missing = { apiVersion: V1, command: 'no-such-plugin', interactiveMode: 'Never', installHint: 'get it' };
    const error = await failure(reach({ exec: missing }), InfraError);
    expect(error.message).to.include('no-such-plugin').and.to.include('there is no such program');
    expect(error.hint).to.equal('get it');
  });

  it('need a plugin that can be asked without a terminal, in words that are still spoken', async () => {
    const refused = async (exec: object) =>
      (
        await failure(
          kubeconfig({ exec }).then((path) => readAccess(scope, undefined, { kubeconfig: path })),
          InfraError,
        )
      ).message;
    const good = { apiVersion: V1, command: 'x', interactiveMode: 'Never' };
    expect(await refused({ ...good, interactiveMode: 'Always' })).to.include('exec interactiveMode is Always');
    expect(await refused({ ...good, interactiveMode: undefined })).to.include('exec interactiveMode is missing');
    expect(await refused({ ...good, command: undefined })).to.include('exec command is missing');
    expect(await refused({ ...good, apiVersion: 'client.authentication.k8s.io/v1alpha1' })).to.include(
      'nobody speaks any more',
    );
  });

  it('from a file are read anew when the server refuses the old ones', async () => {
    await writeFile(join(folder, 'token'), 'first\n');
    const { client } = await reach({ tokenFile: 'token' });
    valid = (token) => token === 'second';
    await writeFile(join(folder, 'token'), 'second\n');
    await client.list('/api/v1/nodes');
    expect(shown()).to.deep.equal(['Bearer first', 'Bearer first', 'Bearer second']);
    expect(learnt).to.deep.equal(['first', 'second']);
  });

  it('stay what they are in the copy for other programs', async () => {
    const exec = {
      ...(await counting()),
      env: [{ name: 'REGION', value: 'eu' }],
      args: ['a'],
      provideClusterInfo: true,
    };
    const access = await readAccess(scope, undefined, { kubeconfig: await kubeconfig({ exec }) });
    const copy = {
      text: kubeconfigCopy(access),
      place: access.place,
      side: 'here',
      folder: '/',
      readFile: readNothing,
    } as const;
    expect(await readKubeconfig(copy)).to.deep.equal(access);
    expect(access.execPlugin?.command).to.equal(join(folder, 'issue'));
    await writeFile(join(folder, 'token'), 'first\n');
    const withFile = await readAccess(scope, undefined, { kubeconfig: await kubeconfig({ tokenFile: 'token' }) });
    expect(kubeconfigCopy(withFile))
      .to.include(`tokenFile: ${join(folder, 'token')}`)
      .and.to.not.include('first');
  });
});

async function readNothing(): Promise<string> {
  throw new Error('no file is named');
}
