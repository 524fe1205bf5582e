import { constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** A secret that must not show up, and the byte strings that would give it away. */
export interface Canary {
  readonly name: string;
  readonly traces: readonly Trace[];
}

interface Trace {
  readonly form: string;
  readonly bytes: Buffer;
}

/** Each line of it that is long enough to be told from ordinary words counts by itself, but for PEM's first and last. */
export function canary(name: string, secret: string): Canary {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= 12 && !line.startsWith('-----'));
  if (lines.length === 0) throw new Error(`${name}: too short to be told from ordinary words`);
  return { name, traces: lines.flatMap(tracesOf) };
}

/**
 * Names of the canaries in it, each with the form in which it was found. Archives are opened (gzip, zlib, zip, tar), base64
 * is decoded, and what is broken over lines is put together, with and without the time stamps of a log.
 */
export function canariesIn(content: Buffer | string, canaries: readonly Canary[]): readonly string[] {
  const layers = layersOf(Buffer.from(content));
  const joined = layers.flatMap(joinedTexts);
  return canaries.flatMap(({ name, traces }) => {
    const found = traces.find(({ bytes }) => layers.some((layer) => layer.includes(bytes)));
    if (found !== undefined) return [`${name} (${found.form})`];
    const broken = traces.find(({ bytes }) => {
      const trace = bytes.toString('latin1').replace(/\s+/g, '');
      return trace.length >= SHORTEST_JOINED && joined.some((text) => text.includes(trace));
    });
    return broken === undefined ? [] : [`${name} (${broken.form}, broken up)`];
  });
}

/** Shorter ones may come about by chance where all white space is gone. */
const SHORTEST_JOINED = 12;

/** Without white space and line ends that are written out; once more without what logs put before each line. */
function joinedTexts(layer: Buffer): readonly string[] {
  const text = layer.toString('latin1');
  const stamps = /(^|\n|\\n)[ \t]*(?:\[[^\]\n]{0,40}\]|[\dTZ:.,+-]{5,40})(?: std(?:out|err) [FP])?[ \t]+/g;
  return [text, text.replace(stamps, '$1')].map((each) => each.replace(/(?:\\+r)?\\+n|\s+/g, ''));
}

/** Written anew and not with the redactor's own list, so that both cannot forget the same. */
function tracesOf(secret: string): readonly Trace[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.from('\0\0'.slice(0, before)), bytes]).toString('base64');
    // The first and last group may share bits with what stands beside.
    return text.slice(before === 0 ? 0 : 4, Math.floor((before + bytes.length) / 3) * 4);
  });
  const percent = (signs: RegExp) => secret.replace(signs, (sign) => encoded(sign));
  const texts: readonly (readonly [string, string])[] = [
    ['plain', secret],
    ['JSON', secret.replace(/["\\]/g, '\\$&')],
    ['JSON in JSON', secret.replace(/["\\]/g, '\\$&').replace(/["\\]/g, '\\$&')],
    ['XML', secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')],
    ['URL', percent(/[^A-Za-z0-9_.~!'()*-]/gu)],
    ['strict URL', percent(/[^A-Za-z0-9_.~-]/gu)],
    ['form', percent(/[^A-Za-z0-9_.* -]/gu).replaceAll(' ', '+')],
    ['hex', bytes.toString('hex')],
    ['upper hex', bytes.toString('hex').toUpperCase()],
    ...base64.map((text, at): [string, string] => [`base64, shifted by ${at}`, text]),
    ...base64.map((text, at): [string, string] => [
      `base64url, shifted by ${at}`,
      text.replaceAll('+', '-').replaceAll('/', '_'),
    ]),
  ];
  return texts.map(([form, text]) => ({ form, bytes: Buffer.from(text) }));
}

function encoded(sign: string): string {
  return [...Buffer.from(sign)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

/** The bytes as they are, and what is packed in them by gzip, zlib, zip or base64, also packed twice. */
function layersOf(content: Buffer, depth = 0): readonly Buffer[] {
  if (depth > 4) return [content];
  const packed = [
    ...startsOf(content, [0x1f, 0x8b, 0x08]).map((at) => tried(() => gunzipSync(content.subarray(at), TOLERANT))),
    ...[0x01, 0x9c, 0xda]
      .flatMap((level) => startsOf(content, [0x78, level]))
      .map((at) => tried(() => inflateSync(content.subarray(at), TOLERANT))),
    ...startsOf(content, [0x50, 0x4b, 0x03, 0x04]).map((at) => tried(() => zipMember(content.subarray(at)))),
    ...inBase64(content),
  ].filter((each) => each !== undefined && each.length > 0);
  return [content, ...packed.flatMap((each) => layersOf(each ?? Buffer.alloc(0), depth + 1))];
}

/** What was cut off is unpacked as far as it goes. */
const TOLERANT = { finishFlush: constants.Z_SYNC_FLUSH };

/** Long runs of base64, on one line or wrapped; of shorter ones the traces in base64 tell. */
function inBase64(content: Buffer): readonly Buffer[] {
  const text = content.toString('latin1');
  const runs = text.match(
    /[A-Za-z0-9+/_-]{32,}(?:(?:\\+r)?(?:\\+n|\r?\n[ \t]*)[A-Za-z0-9+/_-]{32,})*[A-Za-z0-9+/_-]*={0,2}/g,
  );
  return (runs ?? []).flatMap((run) => {
    const whole = run.replace(/\s|\\+[rn]/g, '');
    // What stands before an archive without a gap, such as a path, shifts it.
    const archives = ['H4sI', 'UEsDB'].map((magic) => whole.indexOf(magic)).filter((at) => at > 0);
    return [0, ...archives].map((at) => Buffer.from(whole.slice(at), 'base64'));
  });
}

function zipMember(entry: Buffer): Buffer | undefined {
  const [method, size, name, extra] = [8, 18, 26, 28].map((at) =>
    at === 18 ? entry.readUInt32LE(at) : entry.readUInt16LE(at),
  ) as [number, number, number, number];
  const begin = 30 + name + extra;
  return method === 8
    ? inflateRawSync(entry.subarray(begin, size === 0 ? undefined : begin + size), TOLERANT)
    : undefined;
}

function startsOf(content: Buffer, magic: readonly number[]): readonly number[] {
  const starts: number[] = [];
  for (let at = content.indexOf(Buffer.from(magic)); at >= 0; at = content.indexOf(Buffer.from(magic), at + 1))
    starts.push(at);
  return starts;
}

function tried(unpack: () => Buffer | undefined): Buffer | undefined {
  try {
    return unpack();
  } catch {
    return undefined;
  }
}
