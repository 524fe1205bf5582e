import { request } from 'node:https';
import type { AdmissionReview } from '../backends.ts';

/** A webhook outside the cluster: where it listens, and who vouches for it. */
export interface WebhookAddress {
  readonly url: string;
  /** PEM; undefined: the CAs that the system trusts. */
  readonly ca: string | undefined;
}

/** Posts a review to a webhook by its URL. @throws Error in the words of Go's HTTP client. */
export function postReview(to: WebhookAddress, review: AdmissionReview, signal: AbortSignal): Promise<AdmissionReview> {
  const body = JSON.stringify(review);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, signal, agent: false, ...(to.ca === undefined ? {} : { ca: to.ca }) };
    const sent = request(to.url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode !== 200) {
          reject(
            new Error(`an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`),
          );
          return;
        }
        try {
          resolve(JSON.parse(text) as AdmissionReview);
        } catch {
          reject(new Error(`the server could not understand the request: ${text.slice(0, 200)}`));
        }
      });
    });
    sent.on('error', (error: NodeJS.ErrnoException) => reject(new Error(inGo(error, new URL(to.url)))));
    sent.end(body);
  });
}

function inGo(error: NodeJS.ErrnoException & { readonly address?: string; readonly port?: number }, url: URL): string {
  const dial = `dial tcp ${error.address ?? url.hostname}:${error.port ?? (url.port || '443')}`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return `${dial}: connect: connection refused`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${url.hostname}: no such host`;
    case 'ECONNRESET':
      return 'EOF';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `tls: failed to verify certificate: x509: certificate is not valid for ${url.hostname}`;
    default:
      return /certificate|signed/i.test(error.message)
        ? 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
        : error.message;
  }
}
