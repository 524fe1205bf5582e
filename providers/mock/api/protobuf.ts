import { isObject } from './json.ts';
import type { KubeObject } from './objects.ts';
import { KINDS, MESSAGES, type MessageField, type WireType } from './protobuf-messages.ts';
import { readFields, type WireField } from './protobuf-wire.ts';

const MAGIC = Buffer.from('k8s\0');

/**
 * Decodes a body of `application/vnd.kubernetes.protobuf`, for the few kinds that kubectl sends so. Undefined for
 * any other kind, and for a body with a field that is not known here: a server answers 415 then, rather than lose it.
 */
export function decodeProtobuf(body: Buffer): KubeObject | undefined {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  try {
    const unknown = readMessage('Unknown', body.subarray(MAGIC.length));
    const typeMeta = isObject(unknown.typeMeta) ? unknown.typeMeta : {};
    const [apiVersion, kind] = [typeMeta.apiVersion, typeMeta.kind];
    if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !isKnown(apiVersion, kind)) return undefined;
    const raw = typeof unknown.raw === 'string' ? Buffer.from(unknown.raw, 'base64') : Buffer.alloc(0);
    const content = readMessage(kind, raw);
    return { ...content, apiVersion, kind, metadata: isObject(content.metadata) ? content.metadata : {} };
  } catch {
    return undefined;
  }
}

/** DeleteOptions come under the version of what is deleted. */
function isKnown(apiVersion: string, kind: string): boolean {
  return kind === 'DeleteOptions' || KINDS.has(`${apiVersion}/${kind}`);
}

function readMessage(name: string, bytes: Buffer): Record<string, unknown> {
  const fields = MESSAGES[name];
  if (fields === undefined) throw new Error(`no table for the message ${name}`);
  const message: Record<string, unknown> = {};
  for (const found of readFields(bytes)) {
    const field = fields.get(found.number);
    if (field !== undefined) take(message, field, found);
    // The status of a new object, and whatever is zero, can be passed over.
    else if (!isZero(found) && !(found.number === 3 && fields.get(2)?.name === 'spec')) {
      throw new Error(`unknown field ${found.number} in ${name}`);
    }
  }
  return message;
}

/** Zero, empty, or a message of such fields: Go writes all its fields, set or not. */
function isZero(field: WireField): boolean {
  if (field.kind === 'varint') return field.value === 0n;
  if (field.value.length === 0) return true;
  try {
    return readFields(field.value).every(isZero);
  } catch {
    return false;
  }
}

function take(message: Record<string, unknown>, { name, type, pointer }: MessageField, found: WireField): void {
  if (type.form === 'list') {
    const list = Array.isArray(message[name]) ? message[name] : [];
    message[name] = [...list, readValue(type.of, found)];
  } else if (type.form === 'map') {
    const map = isObject(message[name]) ? message[name] : {};
    message[name] = { ...map, ...Object.fromEntries([readEntry(type.of, found)]) };
  } else {
    const value = readValue(type, found);
    if (pointer || !isEmpty(value)) message[name] = value;
  }
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '' || value === 0 || value === false) return true;
  return isObject(value) && Object.keys(value).length === 0;
}

function readEntry(type: WireType, found: WireField): readonly [string, unknown] {
  const entry = readFields(bytesOf(found));
  const [key, value] = [1, 2].map((number) => entry.find((field) => field.number === number));
  const text = key === undefined ? '' : bytesOf(key).toString();
  return [text, value === undefined ? '' : readValue(type, value)];
}

function readValue(type: WireType, found: WireField): unknown {
  switch (type.form) {
    case 'int':
      return Number(BigInt.asIntN(64, numberOf(found)));
    case 'bool':
      return numberOf(found) !== 0n;
    case 'bytes':
      return bytesOf(found).toString('base64');
    case 'time':
      return readTime(bytesOf(found));
    case 'intstr':
      return readIntOrString(bytesOf(found));
    case 'quantity':
      return readFields(bytesOf(found)).map((field) => bytesOf(field).toString())[0] ?? '0';
    case 'message':
      return readMessage(type.name, bytesOf(found));
    default:
      return bytesOf(found).toString();
  }
}

function readTime(bytes: Buffer): string | undefined {
  const seconds = readFields(bytes).find((field) => field.number === 1);
  if (seconds === undefined) return undefined;
  const at = new Date(Number(numberOf(seconds)) * 1000);
  return `${at.toISOString().slice(0, 19)}Z`;
}

function readIntOrString(bytes: Buffer): unknown {
  const fields = readFields(bytes);
  const byNumber = (number: number) => fields.find((field) => field.number === number);
  const [type, int, text] = [byNumber(1), byNumber(2), byNumber(3)];
  if (type !== undefined && numberOf(type) === 1n) return text === undefined ? '' : bytesOf(text).toString();
  return int === undefined ? 0 : Number(BigInt.asIntN(64, numberOf(int)));
}

function numberOf(field: WireField): bigint {
  if (field.kind !== 'varint') throw new Error(`field ${field.number} is no number`);
  return field.value;
}

function bytesOf(field: WireField): Buffer {
  if (field.kind !== 'bytes') throw new Error(`field ${field.number} is no byte string`);
  return field.value;
}
