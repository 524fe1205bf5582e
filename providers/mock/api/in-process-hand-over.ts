import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { KubeAnswer, KubeRequest } from '../controllers/seam.ts';

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/** Lets whoever serves an aggregated API answer a request that never was on a wire; a JSON answer is parsed. */
export function answerOffTheWire(request: KubeRequest, serve: Serve): Promise<KubeAnswer> {
  const message = new IncomingMessage(new Socket());
  const { method, path: url, body, contentType = 'application/json' } = request;
  Object.assign(message, {
    method,
    url,
    httpVersion: '1.1',
    headers: { accept: 'application/json', 'content-type': contentType },
  });
  if (body !== undefined) message.push(JSON.stringify(body));
  message.push(null);
  return new Promise((resolve) => {
    const response = new ServerResponse(message);
    const chunks: Buffer[] = [];
    const take = (chunk: unknown) => {
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
    };
    response.write = (chunk: unknown) => {
      take(chunk);
      return true;
    };
    response.end = (chunk?: unknown) => {
      take(chunk);
      resolve({ status: response.statusCode, body: parsed(Buffer.concat(chunks).toString('utf8')) });
      return response;
    };
    serve(message, response);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
