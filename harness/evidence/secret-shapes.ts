const MASK = '<redacted>';

// Base64 may go on over lines, also where the line ends are written out as in JSON.
const BREAK = String.raw`(?:(?:\\+r)?\\+n|\r?\n[ \t]*)`;
const WRAPPED = `[A-Za-z0-9+/=]*(?:${BREAK}[A-Za-z0-9+/=]{16,})*(?:${BREAK}[A-Za-z0-9+/]+={1,2})?`;
/** `-----BEGIN ... PRIVATE KEY` in base64; of what else PEM holds, a certificate is no secret. */
const PRIVATE_PEM = [
  'QUklWQVRF',
  'SU0EgUFJJVkFURS',
  'FQyBQUklWQVRF',
  'PUEVOU1NIIFBSSVZBVEU',
  'FTkNSWVBURUQgUFJJVkFURS',
];
const FIELDS = 'client-key-data|clientKeyData|token|access_token|refresh_token|password';
const VARIABLES = 'PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|PRIVATE_KEY|API_KEY|ACCESS_KEY|CREDENTIALS?';

const SHAPES: readonly (readonly [RegExp, string])[] = [
  // A private key in PEM, its end missing or not, and the same in base64.
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, MASK],
  [new RegExp(`LS0tLS1CRUdJTiB(?:${PRIVATE_PEM.join('|')})${WRAPPED}`, 'g'), MASK],
  // A JSON Web Token, in one piece or wrapped, and in base64.
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, MASK],
  [/\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:(?:\r?\n[ \t]*|\\+n)[A-Za-z0-9_.-]{20,})*/g, MASK],
  [/\bZXlK[A-Za-z0-9+/]{40,}={0,2}/g, MASK],
  // Headers, kubeconfigs, registry logins, and passwords in URLs.
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/g, `$1 ${MASK}`],
  [/\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?\w+\s+)[A-Za-z0-9._~+/=-]{8,}/gi, `$1${MASK}`],
  [new RegExp(String.raw`\b((?:${FIELDS})\\*["']?\s*:\s*(?:[|>][+-]?\s+)?\\*["']?)[^\s"',}]{6,}`, 'g'), `$1${MASK}`],
  [/("auth\\*"\s*:\s*\\*")[A-Za-z0-9+/=]{8,}/g, `$1${MASK}`],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:@/"'<>]*:)[^\s@/"'<>]+(?=@)/gi, `$1${MASK}`],
  // Variables of secret-like names; one that only says where the secret lies is none.
  [
    new RegExp(String.raw`\b([A-Z0-9_]*(?:${VARIABLES})\\*["']?[ \t]*[=:][ \t]*\\*["']?)(?![/<])[^\s"',}]{6,}`, 'g'),
    `$1${MASK}`,
  ],
  // Keys of a launch session, and tokens that say what they are.
  [/\b((?:tik|tek)(?:\.bin)?["']?\s*[:=]\s*["']?)[A-Za-z0-9+/=]{16,}/gi, `$1${MASK}`],
  [
    /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16})\b/g,
    MASK,
  ],
];

/** The text without what is certain to be secret by its shape, whether it was ever learnt or not. */
export function maskShapes(text: string): string {
  let clean = text;
  for (const [shape, mask] of SHAPES) clean = clean.replace(shape, mask);
  return clean;
}
