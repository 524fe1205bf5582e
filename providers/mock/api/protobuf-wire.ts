/** One field as it stands on the wire. */
export type WireField =
  | { readonly number: number; readonly kind: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly kind: 'bytes'; readonly value: Buffer };

/** Takes a message apart. @throws Error when the bytes are no message of varints and byte strings. */
export function readFields(bytes: Buffer): readonly WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw new Error('protobuf: the message ends within a number');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('protobuf: a number is too long');
  };
  while (at < bytes.length) {
    const tag = varint();
    const [number, type] = [Number(tag >> 3n), Number(tag & 7n)];
    if (type === 0) fields.push({ number, kind: 'varint', value: varint() });
    else if (type === 2) {
      const length = Number(varint());
      if (at + length > bytes.length) throw new Error('protobuf: the message ends within a field');
      fields.push({ number, kind: 'bytes', value: bytes.subarray(at, at + length) });
      at += length;
    } else throw new Error(`protobuf: wire type ${type} is not used by Kubernetes`);
  }
  return fields;
}
