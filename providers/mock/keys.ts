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
  /** `kubernetes-admin` of group `system:masters`, as kubeadm makes it. */
  readonly admin: CertifiedKey;
  /** Signs service account tokens; P-256, so ES256. PEM. */
  readonly serviceAccountKey: string;
}

/** Names and addresses under which the API server is reached beside its usual ones. */
export interface ApiServerNames {
  readonly nodeName: string;
  readonly nodeAddress: string;
}

/** Makes all keys and certificates of a run, valid for one day. */
export async function makeRunKeys({ nodeName, nodeAddress }: ApiServerNames): Promise<RunKeys> {
  const ca = await makeAuthority('CN=kubernetes');
  const names = [...API_SERVER_NAMES, nodeName, nodeAddress].map(subjectAltName);
  const [apiServer, admin] = await Promise.all([
    ca.issue('CN=kube-apiserver', SERVER_AUTH, [new x509.SubjectAlternativeNameExtension(names)]),
    ca.issue('O=system:masters, CN=kubernetes-admin', CLIENT_AUTH, []),
  ]);
  return {
    sshHost: makeSshKeyPair(`root@${nodeName}`),
    sshImpostor: makeSshKeyPair(`root@not-${nodeName}`),
    sshClient: makeSshKeyPair('sevlane'),
    sshPassword: randomBytes(12).toString('base64url'),
    clusterCa: ca.own,
    apiServer,
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

interface Authority {
  readonly own: CertifiedKey;
  issue(subject: string, usage: string, extensions: readonly x509.Extension[]): Promise<CertifiedKey>;
}

async function makeAuthority(subject: string): Promise<Authority> {
  const pair = newKeyPair();
  const keys = await cryptoKeys(pair);
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity(),
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
    async issue(name, usage, extensions) {
      const leaf = newKeyPair();
      const certificate = await x509.X509CertificateGenerator.create(
        {
          ...validity(),
          subject: name,
          issuer: root.subject,
          publicKey: (await cryptoKeys(leaf)).publicKey,
          signingKey: keys.privateKey,
          signingAlgorithm: P256,
          extensions: [
            new x509.BasicConstraintsExtension(false, undefined, true),
            new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
            new x509.ExtendedKeyUsageExtension([usage]),
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

function validity() {
  const now = Date.now();
  return {
    // A positive number of 64 bits: a leading one would be read as a sign.
    serialNumber: `4${randomBytes(8).toString('hex').slice(1)}`,
    notBefore: new Date(now - HOUR_MS),
    notAfter: new Date(now + 24 * HOUR_MS),
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
