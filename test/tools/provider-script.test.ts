import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { isOurScript, kubeconfigOf, providerScript } from '../../harness/tools/provider-script.ts';
import { needProgram } from '../programs.ts';

const KEYS = [
  'kubeconfig',
  'kubectl',
  'oc',
  'docker_tag',
  'docker_prefix',
  'manifest_docker_prefix',
  'image_pull_policy',
];

describe('the script that KubeVirt sources', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sevlane it's a "));
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  const source = async (context: Mocha.Context, env: Readonly<Record<string, string>>, content = {}) => {
    const bash = needProgram(context, 'bash');
    const script = join(folder, 'config.sh');
    const names = { kubeconfig: join(folder, '.kubeconfig'), kubectl: '/usr/bin/kubectl', oc: '', ...content };
    await writeFile(script, providerScript(names));
    const print = `set -eu; . "$1"; for key in ${KEYS.join(' ')}; do printf '%s=%s\\n' "$key" "\${!key}"; done`;
    const { stdout } = await execa(bash, ['-c', print, 'bash', script], { env, extendEnv: false });
    return Object.fromEntries(
      stdout.split('\n').map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]),
    );
  };

  it('gives what it knows where the environment says nothing, also under set -eu', async function () {
    expect(await source(this, {})).to.deep.equal({
      kubeconfig: join(folder, '.kubeconfig'),
      kubectl: '/usr/bin/kubectl',
      oc: '',
      docker_tag: '',
      docker_prefix: '',
      manifest_docker_prefix: '',
      image_pull_policy: 'Always',
    });
  });

  it('binds everything but the programs when it is sourced', async function () {
    const env = {
      KUBECONFIG: '/other',
      DOCKER_TAG: 'sev',
      DOCKER_PREFIX: 'quay.io/me',
      IMAGE_PULL_POLICY: 'IfNotPresent',
    };
    const found = await source(this, { ...env, KUBECTL: '/ignored' });
    expect(found).to.include({
      kubeconfig: '/other',
      kubectl: '/usr/bin/kubectl',
      docker_tag: 'sev',
      docker_prefix: 'quay.io/me',
    });
    expect(found).to.include({ manifest_docker_prefix: 'quay.io/me', image_pull_policy: 'IfNotPresent' });
    expect(await source(this, { ...env, MANIFEST_DOCKER_PREFIX: 'in.cluster' })).to.include({
      manifest_docker_prefix: 'in.cluster',
    });
  });

  it('is read as bash reads it, whoever wrote it', async () => {
    const text = providerScript({ kubeconfig: join(folder, '.kubeconfig'), kubectl: '', oc: '' });
    expect(kubeconfigOf(text, {})).to.equal(join(folder, '.kubeconfig'));
    expect(kubeconfigOf(text, { KUBECONFIG: '/other' })).to.equal('/other');
    expect(isOurScript(text)).to.equal(true);
    const theirs = `master_ip=127.0.0.1\nkubeconfig=\${KUBECONFIG}\nkubectl=/usr/bin/kubectl\n`;
    expect(kubeconfigOf(theirs, { KUBECONFIG: '/k' })).to.equal('/k');
    expect(kubeconfigOf(theirs, {})).to.equal(undefined);
    expect(isOurScript(theirs)).to.equal(false);
    expect(kubeconfigOf('kubeconfig="/a b"\n', {})).to.equal('/a b');
    expect(kubeconfigOf('kubeconfig=$(rm -rf /)\n', {})).to.equal(undefined);
  });
});
