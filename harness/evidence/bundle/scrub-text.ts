const MASK = '<redacted>';

/** What wraps a launch session in XML, also where JSON has escaped it. */
const IN_XML = /((?:<|\\+u003c)(session|dhCert)(?:>|\\+u003e))[^<\\]*/gi;
/** The same in JSON and YAML, quotes escaped or not; blobs are base64 and never short. */
const IN_JSON = /(\b(?:session|dhCert|dh_cert)\\*["']?\s*[:=]\s*\\*["']?)[A-Za-z0-9+/=_-]{24,}/gi;
/** A domain's XML as virt-launcher logs it: base64 of text that begins with `<domain`. */
const DUMPED_DOMAIN = /\bPGRvbWFpb[A-Za-z0-9+/]{40,}={0,2}/g;

/**
 * Masks what starts an attested guest wherever programs print it: in domain XML, in the base64 dump of it that
 * virt-launcher writes into its log, and in objects inside of log lines. Source: KubeVirt, pkg/virt-launcher/virtwrap.
 */
export function scrubText(text: string): string {
  return scrubPlain(text).replace(DUMPED_DOMAIN, (dump) => {
    const xml = Buffer.from(dump, 'base64').toString('utf8');
    const clean = scrubPlain(xml);
    return clean === xml ? dump : Buffer.from(clean).toString('base64');
  });
}

function scrubPlain(text: string): string {
  return text.replace(IN_XML, `$1${MASK}`).replace(IN_JSON, `$1${MASK}`);
}
