import type { PeerCertificate } from 'node:tls';
import { InfraError, LaneError } from '../errors/errors.ts';
import { type KubeAccess, serverUrl } from './access.ts';

/** Says in the words of the matter why a TLS connection to the API server failed, and what to do. */
export function explainTrust(error: Error, certificate: Partial<PeerCertificate>, access: KubeAccess): LaneError {
  if (error instanceof LaneError) return error;
  const url = serverUrl(access);
  const code = 'code' in error ? String(error.code) : '';
  const refuse = (seen: string, hint: string) => new InfraError(`api server ${url}: ${seen}`, { cause: error, hint });
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return refuse(
        `its certificate has expired${certificate.valid_to ? ` (${utc(certificate.valid_to)})` : ''}`,
        'renew it on the node: kubeadm certs renew all, then restart the control plane; check the clock here too',
      );
    case 'CERT_NOT_YET_VALID':
      return refuse(
        `its certificate is not valid yet${certificate.valid_from ? ` (from ${utc(certificate.valid_from)})` : ''}`,
        'check the clocks here and on the node',
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return refuse(
        `its certificate is not for "${access.serverName}" but for ${altNames(certificate, error)}`,
        `set tls-server-name in ${access.place} to one of these names`,
      );
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
      return refuse(
        `its certificate is signed by an authority that the kubeconfig does not name (${code})`,
        `get a fresh kubeconfig of this cluster: certificate-authority-data in ${access.place} belongs to another one`,
      );
  }
  if (/alert certificate expired/i.test(error.message)) {
    return refuse(
      'it says that our client certificate has expired',
      `get a fresh kubeconfig in place of ${access.place}`,
    );
  }
  if (/alert (unknown ca|bad certificate|certificate unknown|certificate required)/i.test(error.message)) {
    return refuse(
      `it does not accept our client certificate (${error.message})`,
      `get a fresh kubeconfig in place of ${access.place}`,
    );
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return refuse(`it does not speak TLS there: ${error.message}`, `check the server address in ${access.place}`);
  }
  return new InfraError(`api server ${url}: ${error.message}`, { cause: error });
}

function altNames(certificate: Partial<PeerCertificate>, error: Error): string {
  const carried = 'cert' in error ? (error.cert as Partial<PeerCertificate>) : certificate;
  return (carried.subjectaltname ?? carried.subject?.CN ?? 'no name at all').toString();
}

function utc(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toISOString();
}
