import { connect } from 'node:net';
import { deadline } from '../scope/deadline.ts';
import { settle } from '../scope/settle.ts';

const REQUEST_IDENTITIES = Buffer.from([0, 0, 0, 1, 11]);
const IDENTITIES_ANSWER = 12;
/** An agent may ask its owner first. */
const ANSWER_WITHIN_MS = 10_000;
const ANSWER_MAX_BYTES = 1024 * 1024;

/** The public keys that an agent holds, in wire format; an Error that says why it cannot be asked. Format: draft-miller-ssh-agent, section 3.5. */
export async function agentKeys(socketPath: string, signal: AbortSignal): Promise<readonly Buffer[] | Error> {
  const late = () => new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`);
  using bound = deadline(ANSWER_WITHIN_MS, signal, late);
  const socket = connect(socketPath);
  try {
    return readKeys(await settle(firstMessage(socket), bound.signal));
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const said = code === 'ENOENT' ? 'there is no such socket' : code === 'ECONNREFUSED' ? 'nobody listens there' : '';
    return said === '' && error instanceof Error ? error : new Error(said);
  } finally {
    socket.destroy();
  }
}

function firstMessage(socket: ReturnType<typeof connect>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let heard = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      const length = heard.length < 4 ? undefined : heard.readUInt32BE(0);
      if (length !== undefined && length > ANSWER_MAX_BYTES)
        reject(new Error('it does not speak the protocol of ssh-agent'));
      else if (length !== undefined && heard.length >= 4 + length) resolve(heard.subarray(4, 4 + length));
    });
    socket.once('error', reject).once('close', () => reject(new Error('it hung up without an answer')));
    socket.write(REQUEST_IDENTITIES);
  });
}

function readKeys(message: Buffer): readonly Buffer[] | Error {
  if (message[0] !== IDENTITIES_ANSWER || message.length < 5) return new Error('it refuses to list its keys');
  const keys: Buffer[] = [];
  let at = 5;
  for (let left = message.readUInt32BE(1); left > 0; left--) {
    const key = fieldAt(message, at);
    const comment = key && fieldAt(message, at + 4 + key.length);
    if (key === undefined || comment === undefined) return new Error('its answer is broken');
    keys.push(Buffer.from(key));
    at += 8 + key.length + comment.length;
  }
  return keys;
}

function fieldAt(message: Buffer, at: number): Buffer | undefined {
  if (at + 4 > message.length) return undefined;
  const end = at + 4 + message.readUInt32BE(at);
  return end <= message.length ? message.subarray(at + 4, end) : undefined;
}
