import { createPrivateKey, type KeyObject } from 'node:crypto';
import ssh2 from 'ssh2';
import { opensshKey, opensshKeyHeader } from './openssh-key.ts';
import { shellWord } from './shell-word.ts';

/**
 * A private key that the transport can use, or what is wrong with it and what to do. `needs` tells what a person could
 * mend at once: a passphrase, or another one.
 */
export type PrivateKeyReading =
  | { readonly key: ssh2.ParsedKey }
  | { readonly problem: string; readonly fix: string; readonly needs?: 'passphrase' | 'other passphrase' };

type Refusal = Exclude<PrivateKeyReading, { readonly key: ssh2.ParsedKey }>;

const OTHER_TRANSPORT = "let the system's ssh use it: --ssh-transport openssh";

/** Reads a private key in OpenSSH, PEM, PKCS#8 or PuTTY form. Never throws, and never repeats key material. */
export function readPrivateKey(content: Buffer, path: string, passphrase?: string): PrivateKeyReading {
  // Editors and secret stores take line ends away or double them.
  const text = content
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .replace(/\r\n?/g, '\n')
    .trim();
  const refusal = recognized(text, path);
  if (refusal !== undefined) return refusal;
  if (/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/m.test(text)) return readPkcs8(text, path, passphrase);
  return parse(`${text}\n`, path, passphrase);
}

/** Whether the file holds a private key of any form, usable or not: no other file's mode matters to ssh. */
export function isPrivateKeyFile(content: Buffer): boolean {
  return /^(\xef\xbb\xbf)?\s*(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|PuTTY-User-Key-File-)/m.test(
    content.toString('latin1'),
  );
}

/** The public half in wire format, as far as the file shows it without its passphrase. */
export function publicHalf(content: Buffer): Buffer | undefined {
  const header = opensshKeyHeader(content.toString('latin1'));
  if (header !== undefined) return header.publicKey;
  const parsed = parseQuietly(content.toString('latin1'));
  return parsed instanceof Error ? undefined : parsed?.getPublicSSH();
}

/** The key of a line such as `ssh-ed25519 AAAA... comment`, in wire format. */
export function publicKeyLine(content: Buffer): Buffer | undefined {
  const [type, base64] = content.toString('latin1').trim().split(/\s+/);
  if (type === undefined || base64 === undefined || !/^[a-z][\w@.-]+$/.test(type)) return undefined;
  const key = Buffer.from(base64, 'base64');
  return key.length > 4 + type.length && key.toString('latin1', 4, 4 + type.length) === type ? key : undefined;
}

/** What the file is, where that alone rules it out. */
function recognized(text: string, path: string): Refusal | undefined {
  if (text === '') return { problem: `${path} is empty`, fix: 'give the private key file' };
  if (/^[a-z0-9-]+-cert-v01@openssh\.com /.test(text)) {
    const key = path.replace(/-cert\.pub$/, '');
    return {
      problem: `${path} holds a certificate`,
      fix: `give the private key, ${key}; for the certificate ${OTHER_TRANSPORT}`,
    };
  }
  if (/^(ssh-|ecdsa-|sk-)/.test(text) || /BEGIN (SSH2 |RSA )?PUBLIC KEY/.test(text)) {
    return { problem: `${path} holds a public key`, fix: `give the private key: ${path.replace(/\.pub$/, '')}` };
  }
  if (/^-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(text)) {
    return { problem: `${path} holds an X.509 certificate`, fix: 'give the private key file of ssh' };
  }
  if (/^-----BEGIN [A-Z0-9 ]+-----\\n/.test(text)) {
    return {
      problem: `${path} holds "\\n" instead of line ends`,
      fix: `write real ones: printf '%b' "$KEY" > ${shellWord(path)}`,
    };
  }
  return unusable(text, path);
}

/** A private key for certain, and one that is of no use here. */
function unusable(text: string, path: string): Refusal | undefined {
  const type = opensshKeyHeader(text)?.keyType ?? '';
  if (type.startsWith('sk-')) {
    return {
      problem: `${path} lives on a security token (FIDO), which the built-in transport cannot ask`,
      fix: OTHER_TRANSPORT,
    };
  }
  if (
    type === 'ssh-dss' ||
    /^-----BEGIN DSA PRIVATE KEY-----/.test(text) ||
    /^PuTTY-User-Key-File-\d: ssh-dss/.test(text)
  ) {
    return {
      problem: `${path} is a DSA key, which nobody takes any more`,
      fix: 'make a new one: ssh-keygen -t ed25519',
    };
  }
  if (/^PuTTY-User-Key-File-[^2]/.test(text)) {
    const problem = `${path} is a PuTTY key of a version that the built-in transport does not read`;
    return { problem, fix: puttygen(path) };
  }
  return undefined;
}

function parse(text: string, path: string, passphrase: string | undefined): PrivateKeyReading {
  const parsed = parseQuietly(text, passphrase);
  if (parsed instanceof Error) {
    const refusal = explain(parsed.message, path, passphrase);
    const isPutty = text.startsWith('PuTTY-') && refusal.needs === undefined;
    return isPutty ? { ...refusal, fix: puttygen(path) } : refusal;
  }
  if (parsed === undefined || !parsed.isPrivateKey()) {
    return { problem: `${path} holds no private key`, fix: 'give the private key file' };
  }
  return { key: parsed };
}

function parseQuietly(text: string, passphrase?: string): ssh2.ParsedKey | Error | undefined {
  try {
    const parsed = ssh2.utils.parseKey(text, passphrase);
    return Array.isArray(parsed) ? parsed[0] : parsed;
  } catch (error) {
    // Made-up lengths and unknown curves make the library or OpenSSL throw.
    return error instanceof Error ? error : new Error(String(error));
  }
}

function puttygen(path: string): string {
  return `write a copy in OpenSSH form: puttygen ${shellWord(path)} -O private-openssh -o COPY`;
}

function explain(reason: string, path: string, passphrase: string | undefined): Refusal {
  if (passphrase === undefined && /passphrase given|no passphrase/i.test(reason)) return locked(path);
  if (passphrase !== undefined && /integrity check|bad passphrase|decrypt|malformed/i.test(reason)) {
    return wrongPassphrase(path);
  }
  const type = /Unsupported OpenSSH private key type: ([\w@.-]+)/.exec(reason)?.[1];
  if (type !== undefined) {
    return {
      problem: `${path} is a key of type ${type}, which the built-in transport does not know`,
      fix: OTHER_TRANSPORT,
    };
  }
  return {
    problem: `${path} is not a private key that can be read: ${reason}`,
    fix: 'give a whole key as ssh-keygen makes it, e.g. ssh-keygen -t ed25519',
  };
}

function locked(path: string): Refusal {
  return {
    problem: `${path} is encrypted with a passphrase`,
    fix: `give it with --ssh-passphrase-file FILE, add the key to an ssh-agent, or take the passphrase off a copy: ssh-keygen -p -N '' -f COPY`,
    needs: 'passphrase',
  };
}

function wrongPassphrase(path: string): Refusal {
  return {
    problem: `the passphrase does not open ${path}`,
    fix: 'give the right passphrase',
    needs: 'other passphrase',
  };
}

/** The library does not read PKCS#8: OpenSSL does, and writes what the library reads. */
function readPkcs8(text: string, path: string, passphrase: string | undefined): PrivateKeyReading {
  const isLocked = text.includes('BEGIN ENCRYPTED');
  if (isLocked && passphrase === undefined) return locked(path);
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: text, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (isLocked && /decrypt|padding|passphrase/i.test(reason)) return wrongPassphrase(path);
    return explain(`broken PKCS#8 (${reason.replace(/^error:[0-9A-F]+:/, '')})`, path, undefined);
  }
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return parse(key.export({ type: 'pkcs1', format: 'pem' }).toString(), path, undefined);
    case 'ec':
      return parse(key.export({ type: 'sec1', format: 'pem' }).toString(), path, undefined);
    case 'ed25519':
      return parse(opensshKey(key), path, undefined);
    default:
      return {
        problem: `${path} is a ${key.asymmetricKeyType} key, which ssh has no use for`,
        fix: 'give a key as ssh-keygen makes it, e.g. ssh-keygen -t ed25519',
      };
  }
}
