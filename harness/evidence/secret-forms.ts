/**
 * The ways in which a secret may be spelled in what programs write: as it is, inside JSON, XML or a URL, in hex, and in
 * base64 and base64url wherever in the encoded bytes it begins. Longest first.
 */
export function secretForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const inJson = jsonText(secret);
  const inUrl = encodeURIComponent(secret);
  const hex = bytes.toString('hex');
  const encoded = [bytes.toString('base64'), ...[0, 1, 2].map((before) => alignedBase64(bytes, before))];
  const forms = new Set([
    secret,
    ...[inJson, jsonText(inJson)],
    ...['&apos;', '&#39;'].map((apostrophe) => xmlText(secret, apostrophe)),
    ...[inUrl, strictUrl(inUrl)]
      .flatMap((text) => [text, text.replaceAll('%20', '+')])
      .flatMap((text) => [text, lowerEscapes(text)]),
    ...[hex, hex.toUpperCase()],
    ...encoded.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]),
  ]);
  return [...forms].sort((one, other) => other.length - one.length);
}

/** The characters that are the same whatever stands around the bytes, when so many of a group of three stand before. */
function alignedBase64(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}

function jsonText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function xmlText(text: string, apostrophe: string): string {
  const [amp, lt, gt, quot] = ['&amp;', '&lt;', '&gt;', '&quot;'];
  return text
    .replaceAll('&', amp)
    .replaceAll('<', lt)
    .replaceAll('>', gt)
    .replaceAll('"', quot)
    .replaceAll("'", apostrophe);
}

/** RFC 3986 reserves some that encodeURIComponent leaves alone. */
function strictUrl(text: string): string {
  return text.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function lowerEscapes(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase());
}
