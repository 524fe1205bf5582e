import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** A certificate and its private key, both PEM. */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

interface Wish {
  readonly names?: readonly string[];
  readonly from?: Date;
  readonly until?: Date;
}

/** A certificate authority of a test, which issues whatever is asked for. */
export interface Authority {
  readonly ca: string;
  issue(commonName: string, wish?: Wish): Promise<CertifiedKey>;
}

export async function makeAuthority(commonName = 'test-ca'): Promise<Authority> {
  const keys = await newKeys();
  const name = `CN=${commonName}`;
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name,
      keys,
      signingAlgorithm: P256,
      notBefore: new Date(Date.now() - 30 * DAY_MS),
      notAfter: new Date(Date.now() + 30 * DAY_MS),
      extensions: [new x509.BasicConstraintsExtension(true)],
    },
    webcrypto,
  );
  return {
    ca: root.toString('pem'),
    async issue(subject, { names = [], from, until } = {}) {
      const own = await newKeys();
      const cert = await x509.X509CertificateGenerator.create(
        {
          subject: `CN=${subject}`,
          issuer: name,
          signingKey: keys.privateKey,
          publicKey: own.publicKey,
          signingAlgorithm: P256,
          notBefore: from ?? new Date(Date.now() - DAY_MS),
          notAfter: until ?? new Date(Date.now() + DAY_MS),
          extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names.map(altName))],
        },
        webcrypto,
      );
      const key = KeyObject.from(own.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
      return { cert: cert.toString('pem'), key };
    },
  };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

function altName(name: string): x509.JsonGeneralName {
  return { type: isIP(name) ? 'ip' : 'dns', value: name };
}
