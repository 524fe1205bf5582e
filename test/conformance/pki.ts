import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, both PEM. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: string;
}

/** An authority for tests, with a serving certificate for 127.0.0.1 and client certificates on demand. */
export interface Pki {
  readonly ca: string;
  readonly serving: CertifiedKey;
  client(commonName: string, organization?: string): Promise<CertifiedKey>;
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Makes an authority that is valid for an hour. */
export async function makePki(): Promise<Pki> {
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity('01'),
      name: 'CN=test-ca',
      keys,
      signingAlgorithm: P256,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    },
    webcrypto,
  );
  let serial = 1;
  const issue = async (subject: string, extensions: readonly x509.Extension[]): Promise<CertifiedKey> => {
    const leaf = await newKeys();
    serial += 1;
    const certificate = await x509.X509CertificateGenerator.create(
      {
        ...validity(serial.toString(16).padStart(2, '0')),
        subject,
        issuer: root.subject,
        publicKey: leaf.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: P256,
        extensions: [...extensions],
      },
      webcrypto,
    );
    return { certificate: certificate.toString('pem'), key: await pemOf(leaf.privateKey) };
  };
  const names = new x509.SubjectAlternativeNameExtension([
    { type: 'ip', value: '127.0.0.1' },
    { type: 'dns', value: 'localhost' },
  ]);
  return {
    ca: root.toString('pem'),
    serving: await issue('CN=kube-apiserver', [names]),
    client: (commonName, organization) =>
      issue(`${organization === undefined ? '' : `O=${organization}, `}CN=${commonName}`, []),
  };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
}

function validity(serialNumber: string) {
  const now = Date.now();
  return { serialNumber, notBefore: new Date(now - 60_000), notAfter: new Date(now + 3_600_000) };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
