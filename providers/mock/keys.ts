import 'reflect-metadata';
import { generateKeyPairSync, type KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { makeSshKeyPair, type SshKeyPair } from './ssh/openssh-key.ts';

/** A certificate and its private key, both PEM. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: string;
}

/** Every secret of one simulated host. Made anew for each run and never reused. */
export interface RunKeys {
  readonly sshHost: SshKeyPair;
  /** What a scenario with a wrong host key presents. */
  readonly sshImpostor: SshKeyPair;
  readonly sshClient: SshKeyPair;
  readonly sshPassword: string;
  readonly clusterCa: CertifiedKey;
  readonly apiServer: CertifiedKey;
  /** Signed by the cluster's CA, as a kubelet has it that asks for one. */
  readonly kubelet: CertifiedKey;
  /** `kubernetes-admin` of group `system:masters`, as kubeadm makes it. */
  readonly admin: CertifiedKey;
  /** Signs service account tokens; P-256, so ES256. PEM. */
  readonly serviceAccountKey: string;
}

/** Certificates that a scenario may let end at another time than in a year. */
export type CertificateName = 'cluster-ca' | 'api-server' | 'kubelet' | 'admin';

export interface RunKeysOptions {
  /** Name and address of the node, under which the API server is reached beside its usual ones. */
  readonly nodeName: string;
  readonly nodeAddress: string;
  /** Days until a certificate ends; below 0 it has ended. Default: as kubeadm has them, a year, the CA ten. */
  readonly daysLeft?: Readonly<Partial<Record<CertificateName, number>>>;
  /** Whom the kubeconfig names. Default: kubernetes-admin of system:masters. */
  readonly user?: { readonly name: string; readonly groups: readonly string[] };
}

/** Makes all keys and certificates of a run. */
export async function makeRunKeys({
  nodeName,
  nodeAddress,
  daysLeft = {},
  user = { name: 'kubernetes-admin', groups: ['system:masters'] },
}: RunKeysOptions): Promise<RunKeys> {
  const ca = await makeAuthority('CN=kubernetes', daysLeft['cluster-ca'] ?? 3650);
  const names = [...API_SERVER_NAMES, nodeName, nodeAddress].map(subjectAltName);
  const node = [nodeName, nodeAddress].map(subjectAltName);
  const days = (name: CertificateName) => daysLeft[name] ?? 365;
  const subject = [...user.groups.map((group) => `O=${group}`), `CN=${user.name}`].join(', ');
  const [apiServer, kubelet, admin] = await Promise.all([
    ca.issue('CN=kube-apiserver', days('api-server'), [usage(SERVER_AUTH), altNames(names)]),
    ca.issue(`O=system:nodes, CN=system:node:${nodeName}`, days('kubelet'), [usage(SERVER_AUTH), altNames(node)]),
    ca.issue(subject, days('admin'), [usage(CLIENT_AUTH)]),
  ]);
  return {
    sshHost: makeSshKeyPair(`root@${nodeName}`),
    sshImpostor: makeSshKeyPair(`root@not-${nodeName}`),
    sshClient: makeSshKeyPair('sevlane'),
    sshPassword: randomBytes(12).toString('base64url'),
    clusterCa: ca.own,
    apiServer,
    kubelet,
    admin,
    serviceAccountKey: pem(newKeyPair().privateKey),
  };
}

const API_SERVER_NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
  '127.0.0.1',
  '::1',
  // The first address of kubeadm's service network, where pods find the API server.
  '10.96.0.1',
];
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function usage(purpose: string): x509.Extension {
  return new x509.ExtendedKeyUsageExtension([purpose]);
}

function altNames(names: readonly { type: 'ip' | 'dns'; value: string }[]): x509.Extension {
  return new x509.SubjectAlternativeNameExtension([...names]);
}

interface Authority {
  readonly own: CertifiedKey;
  issue(subject: string, daysLeft: number, extensions: readonly x509.Extension[]): Promise<CertifiedKey>;
}

async function makeAuthority(subject: string, daysLeft: number): Promise<Authority> {
  const pair = newKeyPair();
  const keys = await cryptoKeys(pair);
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity(daysLeft),
      name: subject,
      keys,
      signingAlgorithm: P256,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return {
    own: { certificate: certificatePem(root), key: pem(pair.privateKey) },
    async issue(name, days, extensions) {
      const leaf = newKeyPair();
      const certificate = await x509.X509CertificateGenerator.create(
        {
          ...validity(days),
          subject: name,
          issuer: root.subject,
          publicKey: (await cryptoKeys(leaf)).publicKey,
          signingKey: keys.privateKey,
          signingAlgorithm: P256,
          extensions: [
            new x509.BasicConstraintsExtension(false, undefined, true),
            new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
            await x509.AuthorityKeyIdentifierExtension.create(root, false, webcrypto),
            ...extensions,
          ],
        },
        webcrypto,
      );
      return { certificate: certificatePem(certificate), key: pem(leaf.privateKey) };
    },
  };
}

function validity(daysLeft: number) {
  const end = Date.now() + daysLeft * DAY_MS;
  return {
    // A positive number of 64 bits: a leading one would be read as a sign.
    serialNumber: `4${randomBytes(8).toString('hex').slice(1)}`,
    notBefore: new Date(Math.min(Date.now() - HOUR_MS, end - DAY_MS)),
    notAfter: new Date(end),
  };
}

function subjectAltName(name: string): { type: 'ip' | 'dns'; value: string } {
  return { type: isIP(name) === 0 ? 'dns' : 'ip', value: name };
}

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

function newKeyPair(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

async function cryptoKeys({ privateKey, publicKey }: KeyPair): Promise<webcrypto.CryptoKeyPair> {
  const { subtle } = webcrypto;
  const [privateCrypto, publicCrypto] = await Promise.all([
    subtle.importKey('pkcs8', privateKey.export({ type: 'pkcs8', format: 'der' }), P256, true, ['sign']),
    subtle.importKey('spki', publicKey.export({ type: 'spki', format: 'der' }), P256, true, ['verify']),
  ]);
  return { privateKey: privateCrypto, publicKey: publicCrypto };
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function certificatePem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trimEnd()}\n`;
}
