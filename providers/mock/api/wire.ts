import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { formOf } from './accept.ts';
import { type ApiRequest, type ApiResponse, header, isTrue } from './request.ts';

type Written = Exclude<ApiResponse, { type: 'hand-over' } | { type: 'upgrade' }>;

// Go's HTTP server announces a length only for what fits its first buffer.
const LONGEST_WITH_LENGTH = 2048;
const GZIP_FROM_BYTES = 128 * 1024;

/** Writes an answer in bytes, as the real server frames it. */
export function writeResponse(request: ApiRequest, answer: Written, response: ServerResponse): void {
  if (response.destroyed) return;
  if (answer.cutAfterBytes === 0) return void response.socket?.destroy();
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  switch (answer.type) {
    case 'object':
      writeObject(request, answer, response);
      break;
    case 'text':
      writeBytes(request, answer, { response, bytes: Buffer.from(answer.text) });
      break;
    case 'watch':
      writeWatch(request, answer, response);
      break;
    case 'stream':
      writeStream(answer, response);
      break;
  }
}

function writeObject(
  request: ApiRequest,
  answer: Extract<Written, { type: 'object' }>,
  response: ServerResponse,
): void {
  const yaml = wantsYaml(request) && answer.status < 400;
  if (!response.hasHeader('content-type')) {
    response.setHeader('content-type', yaml ? 'application/yaml' : 'application/json');
  }
  const text = yaml ? yamlOf(answer.body) : jsonOf(request, answer.body);
  writeBytes(request, answer, { response, bytes: Buffer.from(text) });
}

function wantsYaml(request: ApiRequest): boolean {
  try {
    return formOf(request).media === 'application/yaml';
  } catch {
    return false;
  }
}

function yamlOf(body: unknown): string {
  const text = stringify(JSON.parse(JSON.stringify(body)), {
    sortMapEntries: true,
    indentSeq: false,
    lineWidth: 0,
    defaultStringType: 'PLAIN',
    // Readers of YAML 1.1 take more words for booleans and dates than those of 1.2, so more is quoted.
    version: '1.1',
  });
  // A lone dot would be a number to that reader, but Go's writer leaves it bare, and managedFields are full of it.
  return text.replace(/^(\s*(?:- )?)"\.":/gm, '$1.:');
}

// Terminals get it indented, as from the real server.
function jsonOf(request: ApiRequest, body: unknown): string {
  const asked = new URL(request.path, 'https://server').searchParams.get('pretty');
  const pretty = asked === null ? /^(?:curl|Wget|Mozilla)\//.test(header(request, 'user-agent') ?? '') : isTrue(asked);
  return `${JSON.stringify(body, null, pretty ? 2 : undefined)}\n`;
}

interface Bytes {
  readonly response: ServerResponse;
  readonly bytes: Buffer;
}

function writeBytes(request: ApiRequest, answer: Written, { response, bytes }: Bytes): void {
  const zip = bytes.length > GZIP_FROM_BYTES && (header(request, 'accept-encoding') ?? '').includes('gzip');
  const sent = zip ? gzipSync(bytes, { level: 1 }) : bytes;
  if (zip) response.setHeader('content-encoding', 'gzip');
  const sized = answer.type === 'object' && answer.sized === true;
  if (sized || sent.length <= LONGEST_WITH_LENGTH) response.setHeader('content-length', sent.length);
  response.writeHead(answer.status);
  if (request.method === 'HEAD' || answer.status === 204 || answer.status === 304) return void response.end();
  if (answer.cutAfterBytes === undefined) return void response.end(sent);
  response.write(sent.subarray(0, answer.cutAfterBytes), () => response.socket?.destroy());
}

function writeWatch(request: ApiRequest, answer: Extract<Written, { type: 'watch' }>, response: ServerResponse): void {
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.flushHeaders();
  const limited = budget(answer.cutAfterBytes, response);
  const stop = answer.events({
    event: ({ type, object }) => limited(`${JSON.stringify({ type, object })}\n`),
    end: () => response.end(),
  });
  if (request.signal.aborted) stop();
  else request.signal.addEventListener('abort', stop, { once: true });
}

function writeStream(answer: Extract<Written, { type: 'stream' }>, response: ServerResponse): void {
  response.writeHead(answer.status);
  response.flushHeaders();
  const limited = budget(answer.cutAfterBytes, response);
  answer.stream.on('data', (chunk: Buffer | string) => limited(chunk));
  answer.stream.once('end', () => response.end());
  answer.stream.once('error', () => response.socket?.destroy());
  response.once('close', () => answer.stream.destroy());
}

// Writes until the scenario's bytes are spent, then closes the connection in the middle of whatever it is.
function budget(bytes: number | undefined, response: ServerResponse): (chunk: Buffer | string) => void {
  let left = bytes ?? Number.POSITIVE_INFINITY;
  return (chunk) => {
    if (left <= 0 || response.writableEnded || response.destroyed) return;
    const data = Buffer.from(chunk as string);
    if (data.length < left) response.write(data);
    else response.write(data.subarray(0, left), () => response.socket?.destroy());
    left -= data.length;
  };
}
