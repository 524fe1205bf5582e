import { expect } from 'chai';
import { typesOfCrd } from '../../../providers/mock/api/crd.ts';
import { builtinTypes } from '../../../providers/mock/api/kinds/builtin-types.ts';
import { decodeProtobuf } from '../../../providers/mock/api/protobuf.ts';
import { needProgram } from '../../programs.ts';
import { type DocumentServer, serveDocuments } from './kubectl-server.ts';
import { answered, recording, recordingsHere } from './recordings.ts';

describe('kubectl', function () {
  this.timeout(60_000);
  let server: DocumentServer;

  before(async function () {
    needProgram(this, 'kubectl');
    const custom = recordingsHere ? typesOfCrd(answered(recording(130))).types : [];
    server = await serveDocuments([...builtinTypes(), ...custom]);
  });

  after(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  async function sentBy(...args: readonly string[]): Promise<unknown> {
    server.sent.length = 0;
    await server.kubectl(...args);
    const [first] = server.sent;
    expect(first?.contentType, args.join(' ')).to.equal('application/vnd.kubernetes.protobuf');
    return decodeProtobuf(first?.body ?? Buffer.alloc(0));
  }

  it('sends what it creates in protobuf, and is understood', async () => {
    const namespace = await sentBy('create', 'namespace', 'n');
    expect(namespace).to.deep.equal({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
    const map = await sentBy('create', 'configmap', 'c', '--from-literal=a=ä', '--from-literal=b=');
    expect(map).to.deep.include({ kind: 'ConfigMap', data: { a: 'ä', b: '' } });
    const secret = await sentBy('create', 'secret', 'generic', 's', '--from-literal=p=q');
    expect(secret).to.deep.include({ kind: 'Secret', data: { p: 'cQ==' } });
    const account = await sentBy('create', 'serviceaccount', 'sa');
    expect(account).to.deep.include({ kind: 'ServiceAccount', metadata: { name: 'sa' } });
  });

  it('asks for rights and tokens in protobuf, and is understood', async () => {
    const token = await sentBy('create', 'token', 'sa', '--duration=20m', '--audience=x');
    expect(token).to.deep.include({ spec: { audiences: ['x'], expirationSeconds: 1200 } });
    const right = await sentBy('auth', 'can-i', 'get', 'pods', '--subresource=log', '-n', 'foo');
    const resourceAttributes = { namespace: 'foo', verb: 'get', resource: 'pods', subresource: 'log' };
    expect(right).to.deep.include({ spec: { resourceAttributes } });
    expect(await sentBy('auth', 'can-i', '--list', '-n', 'foo')).to.deep.include({ spec: { namespace: 'foo' } });
    expect(await sentBy('auth', 'whoami')).to.deep.include({ kind: 'SelfSubjectReview' });
  });

  it('creates workloads, services and roles in protobuf, and is understood', async () => {
    const deployment = await sentBy(
      'create',
      'deployment',
      'd',
      '--image=i',
      '--replicas=3',
      '--port=80',
      '--',
      'run',
      'it',
    );
    const container = { name: 'i', image: 'i', command: ['run', 'it'], ports: [{ containerPort: 80 }] };
    expect(deployment).to.deep.nested.include({ 'spec.replicas': 3, 'spec.template.spec.containers': [container] });
    const service = await sentBy('create', 'service', 'clusterip', 's', '--tcp=80:http');
    const port = { name: '80-http', protocol: 'TCP', port: 80, targetPort: 'http' };
    expect(service).to.deep.nested.include({ 'spec.ports': [port] });
    const binding = await sentBy('create', 'clusterrolebinding', 'b', '--clusterrole=admin', '--user=u');
    expect(binding).to.deep.nested.include({ 'roleRef.name': 'admin' });
    const budget = await sentBy('create', 'pdb', 'p', '--max-unavailable=0', '--selector=a=b');
    expect(budget).to.deep.nested.include({ 'spec.maxUnavailable': 0 });
  });

  it('explains fields from our OpenAPI documents', async () => {
    const pods = await server.kubectl('explain', 'pod.spec.containers.ports');
    expect(pods.stdout)
      .to.match(/FIELD: ports <\[\]ContainerPort>/)
      .and.match(/containerPort\s+<integer> -required-/);
    const recursive = await server.kubectl('explain', 'deployment', '--recursive');
    expect(recursive.stdout).to.match(/rollingUpdate\s+<RollingUpdateDeployment>/);
    if (!recordingsHere) return;
    const widget = await server.kubectl('explain', 'widgets.spec');
    expect(widget.stdout)
      .to.match(/size\s+<string> -required-/)
      .and.match(/enum: small, large, huge/);
  });

  it('lists the resources with their short names', async () => {
    const { stdout } = await server.kubectl('api-resources', '--no-headers');
    expect(stdout).to.match(/^pods +po +v1 +true +Pod$/m);
    expect(stdout).to.match(/^customresourcedefinitions +crd,crds +apiextensions.k8s.io\/v1 +false/m);
  });
});

describe('a protobuf body', () => {
  it('of a kind that is not known, or with a field that would be lost, is not understood', () => {
    const envelope = (kind: string, raw: readonly number[]) => {
      const type = [0x0a, 2, ...Buffer.from('v1'), 0x12, kind.length, ...Buffer.from(kind)];
      return Buffer.from([...Buffer.from('k8s\0'), 0x0a, type.length, ...type, 0x12, raw.length, ...raw]);
    };
    expect(decodeProtobuf(envelope('ConfigMap', []))).to.deep.include({ kind: 'ConfigMap' });
    expect(decodeProtobuf(envelope('Node', []))).to.equal(undefined);
    // Field 9 of a ConfigMap: zero can be passed over, one cannot.
    expect(decodeProtobuf(envelope('ConfigMap', [0x48, 0]))).to.deep.include({ kind: 'ConfigMap' });
    expect(decodeProtobuf(envelope('ConfigMap', [0x48, 1]))).to.equal(undefined);
    expect(decodeProtobuf(envelope('ConfigMap', [0x0a, 9]))).to.equal(undefined);
    expect(decodeProtobuf(Buffer.from('{}'))).to.equal(undefined);
  });
});
