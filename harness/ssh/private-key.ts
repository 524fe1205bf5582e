import ssh2 from 'ssh2';

/** A private key that the transport can use, or what is wrong with it and what to do. */
export type PrivateKeyReading = { readonly key: ssh2.ParsedKey } | { readonly problem: string; readonly fix: string };

/** Reads a private key in OpenSSH, PEM or PuTTY form. Never throws, and never repeats key material. */
export function readPrivateKey(content: Buffer, path: string, passphrase?: string): PrivateKeyReading {
  const text = content.toString('latin1');
  if (text.trim() === '') return { problem: `${path} is empty`, fix: 'give the private key file' };
  if (/^(ssh-|ecdsa-|sk-)/.test(text.trimStart()) || text.includes('BEGIN SSH2 PUBLIC KEY')) {
    return { problem: `${path} holds a public key`, fix: `give the private key: ${path.replace(/\.pub$/, '')}` };
  }
  const parsed = ssh2.utils.parseKey(content, passphrase);
  if (parsed instanceof Error) return refusal(text, path, { reason: parsed.message, passphrase });
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || !key.isPrivateKey()) {
    return { problem: `${path} holds no private key`, fix: 'give the private key file' };
  }
  return { key };
}

function refusal(
  text: string,
  path: string,
  { reason, passphrase }: { readonly reason: string; readonly passphrase: string | undefined },
): PrivateKeyReading {
  if (/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/m.test(text)) {
    return {
      problem: `${path} is a PKCS#8 key, which the transport does not read`,
      fix: `rewrite a copy of it in OpenSSH form: ssh-keygen -p -f COPY`,
    };
  }
  if (/passphrase given|no passphrase/i.test(reason)) {
    return {
      problem: `${path} is encrypted with a passphrase`,
      fix: `use a key without one, or take it off a copy: ssh-keygen -p -N '' -f COPY`,
    };
  }
  if (passphrase !== undefined && /integrity check|bad passphrase|decrypt/i.test(reason)) {
    return { problem: `the passphrase does not open ${path}`, fix: 'give the right passphrase' };
  }
  if (/Unsupported OpenSSH private key type: sk-|sk-ssh|sk-ecdsa/.test(reason)) {
    return { problem: `${path} lives on a security token, which the transport cannot ask`, fix: 'use a file key' };
  }
  return {
    problem: `${path} is not a private key that can be read: ${reason}`,
    fix: 'give a key made by ssh-keygen, e.g. ssh-keygen -t ed25519',
  };
}
