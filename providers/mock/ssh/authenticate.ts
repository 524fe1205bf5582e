import { createHash, timingSafeEqual } from 'node:crypto';
import ssh2 from 'ssh2';

/** Who may come in, and with what. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
  /** `type base64 comment`, as in authorized_keys. */
  readonly publicKey: string;
}

/** Answers one authentication attempt as sshd does with `PasswordAuthentication yes`. */
export function authenticate(attempt: ssh2.AuthContext, { user, password, publicKey }: Credentials): void {
  const known = attempt.username === user;
  const proven =
    (attempt.method === 'password' && isSame(attempt.password, password)) ||
    (attempt.method === 'publickey' && isKeyAccepted(attempt, publicKey));
  if (known && proven) attempt.accept();
  else attempt.reject(['publickey', 'password']);
}

function isKeyAccepted(attempt: ssh2.PublicKeyAuthContext, publicKey: string): boolean {
  const key = ssh2.utils.parseKey(publicKey);
  if (key instanceof Error) throw key;
  if (!isSame(attempt.key.data, key.getPublicSSH())) return false;
  // Without a signature the client only asks whether the key would do.
  if (attempt.signature === undefined || attempt.blob === undefined) return true;
  return key.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true;
}

function isSame(given: string | Buffer, right: string | Buffer): boolean {
  const digest = (value: string | Buffer) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(right));
}
