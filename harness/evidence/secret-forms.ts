/**
 * The ways in which a secret may be spelled in what programs write: as it is, inside JSON, XML, a URL or a shell word,
 * in hex, in base64 and base64url wherever in the encoded bytes it begins, and in base64 of base64, as a kubeconfig in
 * a Secret is. Longest first.
 */
export function secretForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const inJson = jsonText(secret);
  const inUrl = encodeURIComponent(secret);
  const base64 = bytes.toString('base64');
  const encoded = [base64, ...alignments(bytes), ...alignments(Buffer.from(base64))];
  const forms = new Set([
    secret,
    ...[inJson, jsonText(inJson), goText(inJson), asciiText(inJson), inJson.replaceAll('/', '\\/')],
    ...['&apos;', '&#39;'].map((apostrophe) => xmlText(secret, apostrophe)),
    ...["'\\''", `'"'"'`].map((apostrophe) => secret.replaceAll("'", apostrophe)),
    ...[inUrl, strictUrl(inUrl)]
      .flatMap((text) => [text, text.replaceAll('%20', '+'), encodeURIComponent(text)])
      .flatMap((text) => [text, lowerEscapes(text)]),
    ...['', ':', ' '].flatMap((between) => hexTexts(bytes, between)),
    ...encoded.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]),
  ]);
  return [...forms].sort((one, other) => other.length - one.length);
}

function alignments(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((before) => alignedBase64(bytes, before));
}

/** The characters that are the same whatever stands around the bytes, when so many of a group of three stand before. */
function alignedBase64(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}

function hexTexts(bytes: Buffer, between: string): readonly string[] {
  const text = (bytes.toString('hex').match(/../g) ?? []).join(between);
  return [text, text.toUpperCase()];
}

function jsonText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Go escapes in JSON what would mean something in HTML. */
function goText(inJson: string): string {
  return inJson.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}

/** Others, such as Python, escape all but ASCII. */
function asciiText(inJson: string): string {
  return inJson.replace(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
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
